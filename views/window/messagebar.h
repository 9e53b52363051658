// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QFrame>
#include <QList>

class QAction;
class QLabel;
class QTimer;
class QToolButton;

namespace pgtscope::views {

/// What went wrong or is worth knowing, above the views, until the user dismisses it or it is over. Nothing
/// waits for it.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent = nullptr);

    QString text() const;

public slots:
    /// Stays until it is dismissed.
    void showError(const QString& text);
    /// What was typed is refused, until something that is typed is accepted: then the text is empty.
    void showRefusal(const QString& text);
    /// Goes by itself once there was time to read it, or with an empty text.
    void showNotice(const QString& text);
    /// Stays while it is true, below the views and not over them, and is back after what came meanwhile; an
    /// empty text says that it is no more.
    void showCondition(const QString& text);
    /// One or two buttons that may fix what the message is about; they are removed with the message.
    void offer(const QList<QAction*>& actions);
    /// Nothing of what was said is about what is shown from now on.
    void clear();

protected:
    void hideEvent(QHideEvent* event) override;

private:
    enum class Kind { Error, Refusal, Notice, Condition };

    void show(Kind kind, const QString& text);
    void fade();
    void dismiss();
    void makeWay();

    QLabel* m_glyph;
    QLabel* m_text;
    Kind m_kind = Kind::Error; ///< Of what is shown.
    QString m_condition; ///< That is true, whatever is shown.
    QList<QAction*> m_conditionRemedies;
    QTimer* m_reading; ///< Of a notice: the time that it takes to read it.
    QToolButton* m_otherRemedy; ///< The first of two.
    QToolButton* m_remedy;
};

} // namespace pgtscope::views
