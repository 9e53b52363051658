// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/exportview.h"

#include <QFileInfo>
#include <QPainter>
#include <QPixmap>
#include <QSvgGenerator>
#include <QWidget>

namespace pgtscope::views {

core::Result<void> exportView(QWidget& view, const QString& path)
{
    bool written = false;
    if (path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        QSvgGenerator generator;
        generator.setFileName(path);
        generator.setSize(view.size());
        generator.setViewBox(view.rect());
        generator.setTitle(view.accessibleName().isEmpty() ? view.objectName() : view.accessibleName());
        QPainter painter;
        if (painter.begin(&generator)) {
            view.render(&painter);
            written = painter.end() && QFileInfo(path).size() > 0;
        }
    } else {
        constexpr int scale = 2;
        QPixmap picture(view.size() * scale);
        picture.setDevicePixelRatio(scale);
        view.render(&picture);
        written = picture.save(path, "PNG");
    }
    if (!written)
        return core::failure("write " + path.toStdString(), "the file could not be written",
            "choose a place that you may write to");
    return {};
}

} // namespace pgtscope::views
