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
    /// An empty text takes the notice that is shown away; an error stays.
    void showNotice(const QString& text);
    /// One or two buttons that may fix what the message is about; they are removed with the message.
    void offer(const QList<QAction*>& actions);

private:
    void show(const QString& glyph, const QString& text, const QColor& colour);

    QLabel* m_glyph;
    QLabel* m_text;
    bool m_notice = false; ///< What is shown is no error.
    QToolButton* m_otherRemedy; ///< The first of two.
    QToolButton* m_remedy;
};

} // namespace pgtscope::views
