// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QFrame>
#include <QStringList>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace pgtscope::views {

class FilterTarget;

/// The filter that is in use, below the tool bar: for each view a chip with what it matches there, which
/// switches it off in that view, and one button that ends it everywhere. Not there while there is no filter.
class FilterBar : public QFrame {
    Q_OBJECT
public:
    explicit FilterBar(QWidget* parent = nullptr);

    /// `target` is the view as well. What it matches is its property "hits", its property "hitsProblem" why
    /// that cannot be known.
    void addView(QWidget& view, FilterTarget& target, const QString& title);
    QString filter() const { return m_filter; }
    /// Whether some view shows only what a filter matches, be it the window's or one that was typed there.
    bool isFiltering() const;
    /// The latest filters, kept in the settings, the newest first.
    static QStringList recent();

public slots:
    /// To every view. An empty text shows everything again.
    void apply(const QString& filter);
    void clear() { apply({}); }

signals:
    void applied(const QString& filter);
    void filteringChanged();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Chip {
        QWidget* view;
        FilterTarget* target;
        QString title;
        QToolButton* button;
    };
    void showChip(const Chip& chip);
    void offer(const Chip& chip, bool on);
    void searchFurther();

    QString m_filter;
    QLabel* m_text;
    QToolButton* m_walk; ///< There while some view cannot know the filter without a longer search.
    QHBoxLayout* m_chipRow;
    std::vector<Chip> m_chips;
};

} // namespace pgtscope::views
