// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QListWidget>

namespace pgtscope::views {

/// Things to choose from, two lines each: the first says what it is, the second more about it.
class ChoiceList : public QListWidget {
    Q_OBJECT
public:
    /// `whenEmpty` is shown in a list that has nothing to offer.
    ChoiceList(const QString& whenEmpty, QWidget* parent = nullptr);

    void add(const QString& title, const QString& about, const QString& value);
    /// A click opens what is there; without it, a click chooses and a double click or Return opens.
    void setOpensOnClick();

    enum Role { DataRole = Qt::UserRole, AboutRole };

signals:
    /// A click, where that is enough, or Return.
    void opened(const QString& value);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitRows();

    QString m_whenEmpty;
};

} // namespace pgtscope::views
