// SPDX-License-Identifier: GPL-2.0-or-later
#include <QCoreApplication>

#include "tests/support/catch/run.h"

int main(int argc, char* argv[])
{
    QCoreApplication application(argc, argv);
    return pgtscope::tests::runCatch(argc, argv);
}
