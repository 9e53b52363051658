// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "core/report/runwriter.h"

namespace pgtscope::core {

/// Lines of QEMU's "info tlb" (target/i386/monitor.c, 7.2): the leaf's own flags, 'X' where bit 63 is set.
/// The physical address is whole where QEMU's is cut short (above 50 bits, PSE-36) or carries other bits
/// (bits 62:52 and 63 in PAE, the low bits of large pages in 32-bit modes). QEMU does not look for reserved
/// bits: entries that have them are printed if they map a page, 1 GiB pages of a CPU that has none among
/// them, and so is what is below a table that such an entry references, if that table was captured (see
/// CaptureOptions::asInfoTlb).
class TlbWriter : public RunWriter {
public:
    TlbWriter(const Snapshot& snapshot, std::ostream& out);

    void begin() override;
    bool write(const Run& run) override;
    void end(RunsEnd how) override;

private:
    PhysicalAddress printedAddress(const Entry& entry) const;
    void addPage(LinearAddress linear, PhysicalAddress physical, const Entry& entry);
    bool flush();

    const Snapshot& m_snapshot;
    std::ostream& m_out;
    std::string m_lines; ///< Not written yet.
};

} // namespace pgtscope::core
