// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include <QStringList>
#include <QWidget>

namespace pgtscope::views {

/// Swatches with their meanings, in as many lines as the width asks for.
class Legend : public QWidget {
    Q_OBJECT
public:
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {400, heightForWidth(400)}; }

protected:
    struct Item {
        QString text;
        bool hasSwatch = true;

        bool operator==(const Item&) const = default;
    };

    explicit Legend(QWidget* parent);
    void paintEvent(QPaintEvent* event) override;

    /// The same items cost no new layout of the view. `description` is for users who cannot see the swatches.
    void setItems(std::vector<Item> items, const QString& description);
    /// With the items' texts as their description.
    void setItems(std::vector<Item> items);
    virtual void drawSwatch(QPainter& painter, const QRect& place, std::size_t item) = 0;

private:
    std::vector<QRect> places(int width) const;

    std::vector<Item> m_items;
};

} // namespace pgtscope::views
