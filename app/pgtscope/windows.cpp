// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/pgtscope/windows.h"

namespace pgtscope::app {

Program& Windows::add()
{
    m_programs.push_back(std::make_unique<Program>());
    views::MainWindow& window = m_programs.back()->window();
    m_follower.add(window);
    connect(&window, &views::MainWindow::windowRequested, this, [this, &window] { showAnother(window); });
    return *m_programs.back();
}

void Windows::showAnother(const views::MainWindow& beside)
{
    constexpr int aside = 48; // pixels, so that both are seen
    views::MainWindow& window = add().window();
    window.move(beside.pos() + QPoint(aside, aside));
    window.show();
}

} // namespace pgtscope::app
