// SPDX-License-Identifier: GPL-2.0-or-later
#include <QCoreApplication>

#include "app/pgt/command.h"

int main(int argc, char* argv[])
{
    QCoreApplication application(argc, argv);
    return pgtscope::pgt::runCommandLine(argc, argv);
}
