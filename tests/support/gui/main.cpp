// SPDX-License-Identifier: GPL-2.0-or-later
#include <QApplication>
#include <QDir>
#include <QFile>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QWidget>

#include "tests/support/catch/run.h"
#include "tests/support/gui/gui.h"
#include "views/widgets/theme.h"

namespace pgtscope::tests {

bool grabTo(QWidget& widget, const QString& name)
{
    QDir().mkpath(QStringLiteral("screenshots"));
    return widget.grab().save(QStringLiteral("screenshots/") + name + QStringLiteral(".png"));
}

} // namespace pgtscope::tests

int main(int argc, char* argv[])
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    // Settings of tests stay apart from a user's, and from each other's.
    const QTemporaryDir home;
    qputenv("XDG_CONFIG_HOME", QFile::encodeName(home.path()));
    qputenv("XDG_DATA_HOME", QFile::encodeName(home.path()));
    qputenv("XDG_STATE_HOME", QFile::encodeName(home.path()));
    QApplication application(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("pgtscope"));
    QApplication::setApplicationName(QStringLiteral("pgtscope-tests"));
    pgtscope::views::Theme::instance().apply(true);
    return pgtscope::tests::runCatch(argc, argv);
}
