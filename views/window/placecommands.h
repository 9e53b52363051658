// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>

#include "views/model/place.h"
#include "views/window/placemenu.h"

class QMenu;

namespace pgtscope::views {

class ActionSet;
class DockArea;
class Document;
class ExportActions;
class FilterBar;
class FollowingView;
class MessageBar;

/// Commands on the place that the focused view shows, and the menu of a right click that offers them.
class PlaceCommands : public QObject {
    Q_OBJECT
public:
    struct Parts {
        ActionSet& actions;
        Document& document;
        Selection& selection;
        DockArea& docks;
        FilterBar& filterBar;
        MessageBar& messages;
        ExportActions& exports;
    };
    /// All parts outlive this.
    PlaceCommands(const Parts& parts, QObject* parent);

private:
    Place commandPlace() const;
    void goToLastWrite();
    void liveAtLastWrite();
    void goToNextWrite();
    void whoMaps();
    void pin();
    void showView(const QString& id);
    void joinFilter(const QString& term, FilterJoin join);
    void colourLike(const QString& term);
    void serve(FollowingView& view);
    void fillMenu(QMenu& menu, const Place& place);
    void showMenu(FollowingView& view, const QPoint& global);
    void showWordMenu(const QString& word, QMenu* menu);

    Parts m_parts;
};

} // namespace pgtscope::views
