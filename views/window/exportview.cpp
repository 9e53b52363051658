// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/window/exportview.h"

#include <QBuffer>
#include <QPainter>
#include <QPixmap>
#include <QSvgGenerator>
#include <QWidget>

#include "core/recording/output.h"

namespace pgtscope::views {

namespace {

/// Empty if there is not the memory for it.
QByteArray pictureOf(QWidget& view, const QString& path)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        QSvgGenerator generator;
        generator.setOutputDevice(&buffer);
        generator.setSize(view.size());
        generator.setViewBox(view.rect());
        generator.setTitle(view.accessibleName().isEmpty() ? view.objectName() : view.accessibleName());
        QPainter painter;
        if (painter.begin(&generator)) {
            view.render(&painter);
            painter.end();
        }
    } else {
        constexpr int scale = 2;
        QPixmap picture(view.size() * scale);
        picture.setDevicePixelRatio(scale);
        view.render(&picture);
        picture.save(&buffer, "PNG");
    }
    return bytes;
}

} // namespace

core::Result<void> exportView(QWidget& view, const QString& path)
{
    const QByteArray bytes = pictureOf(view, path);
    if (bytes.isEmpty())
        return core::failure("write " + path.toStdString(), "the picture could not be painted");
    return core::writeOutput(
        path.toStdString(), core::Existing::Replace, [&bytes](std::ostream& out) -> core::Result<void> {
            out.write(bytes.data(), bytes.size());
            return {};
        });
}

} // namespace pgtscope::views
