// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QTableView>

#include "views/model/place.h"

namespace pgtscope::views {

class MappingsModel;

/// All mappings of a frame; a click or Return on one leads there.
class MappingsTable : public QTableView {
    Q_OBJECT
public:
    explicit MappingsTable(MappingsModel* model, QWidget* parent = nullptr);

signals:
    void chosen(const pgtscope::views::Place& place);
};

} // namespace pgtscope::views
