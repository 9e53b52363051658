// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/model/guestcontroller.h"

namespace pgtscope::views {

void GuestLink::setGuest(GuestController* guest)
{
    if (guest == m_guest)
        return;
    m_guest = guest;
    emit guestChanged(guest);
}

} // namespace pgtscope::views
