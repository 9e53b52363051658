// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QFrame>

class QAction;
class QLabel;
class QToolButton;

namespace pgtscope::views {

/// What went wrong, above the views, until the user dismisses it. Nothing waits for it.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent = nullptr);

    QString text() const;

public slots:
    void showError(const QString& text);
    void showNotice(const QString& text);
    /// A button that may fix what the message is about; it is removed with the message.
    void offer(QAction* action);

private:
    void show(const QString& glyph, const QString& text, const QColor& colour);

    QLabel* m_glyph;
    QLabel* m_text;
    QToolButton* m_remedy;
};

} // namespace pgtscope::views
