// SPDX-License-Identifier: GPL-2.0-or-later
#include <iostream>

#include <QCoreApplication>

#include "app/pgt/command.h"
#include "core/base/lastresort.h"

int main(int argc, char* argv[])
{
    pgtscope::core::occupyStandardStreams();
    std::ios::sync_with_stdio(false);
    QCoreApplication application(argc, argv);
    return pgtscope::pgt::runCommandLine(argc, argv);
}
