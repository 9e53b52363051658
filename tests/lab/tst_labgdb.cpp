// SPDX-License-Identifier: GPL-2.0-or-later
// The lab guest under a debugger: the names of the field are places to stop at, and pgt_buf_end can be
// watched.
#include "tests/support/catch.h"

#include <QDeadlineTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QThread>

#include "testpaths.h"
#include "tests/support/labrunner.h"

using pgtscope::tests::LabRunner;

namespace {

constexpr int gdbDeadlineMs = 120000;

bool waitForSocket(const QString& path)
{
    QDeadlineTimer timer(30000);
    while (!QFile::exists(path) && !timer.hasExpired())
        QThread::msleep(10);
    // Between bind() and listen() the file exists and nobody answers yet.
    QThread::msleep(50);
    return QFile::exists(path);
}

/// Runs gdb's commands against a lab guest that waits at its reset vector; returns what gdb printed.
std::string debugLab(const QString& append, const QStringList& commands)
{
    const QTemporaryDir directory;
    REQUIRE(directory.isValid());
    const QString socket = directory.filePath("gdb");
    LabRunner guest({append, 1152, "qemu64",
        {"-S", "-chardev", "socket,id=g,server=on,wait=off,path=" + socket, "-gdb", "chardev:g"}});
    REQUIRE(waitForSocket(socket));

    QFile script(directory.filePath("script"));
    REQUIRE(script.open(QIODevice::WriteOnly));
    script.write("set confirm off\nset pagination off\nset architecture i386:x86-64\ntarget remote ");
    script.write(socket.toUtf8() + "\n" + commands.join("\n").toUtf8() + "\nkill\n");
    script.close();

    QProcess gdb;
    gdb.setProcessChannelMode(QProcess::MergedChannels);
    gdb.start("gdb", {"-nx", "-batch", "-x", script.fileName(), pgtscope::test::labGuestFile});
    const bool finished = gdb.waitForFinished(gdbDeadlineMs);
    if (!finished)
        gdb.kill();
    gdb.waitForFinished(5000);
    REQUIRE(finished);
    return gdb.readAll().toStdString();
}

std::size_t countOf(const std::string& text, const std::string& part)
{
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

} // namespace

TEST_CASE("Every step that the kernels of the time had is a place to stop at, in their order")
{
    const QStringList steps{"startup_64", "x86_64_start_kernel", "setup_kernel_pagetable",
        "early_ioremap_setup", "zap_identity_mappings", "init_memory_mapping", "find_early_table_space",
        "kernel_physical_mapping_init", "phys_pud_init", "phys_pmd_init", "alloc_low_page", "mask_rw_pte",
        "xen_alloc_pte_init", "make_lowmem_page_readonly", "pin_pagetable_pfn", "xen_alloc_pmd_init",
        "xen_mapping_pagetable_reserve", "native_pagetable_reserve", "make_lowmem_page_readwrite",
        "lab_handed_back", "mark_rodata_ro", "free_initmem", "use_returned_pages", "lab_done"};
    QStringList commands;
    for (const QString& step : steps)
        commands << "thbreak " + step << "continue";
    const std::string output = debugLab("scenario=top-rule", commands);
    INFO(output);
    // "Temporary breakpoint 3, NAME (arguments) at file:line"
    for (const QString& step : steps)
        CHECK(countOf(output, ", " + step.toStdString() + " (") == 1);
}

TEST_CASE("A watchpoint on pgt_buf_end sees each page that becomes a table, up to the one that is refused")
{
    const std::string output = debugLab("scenario=end-rule-high",
        {"hbreak find_early_table_space", "continue", "finish", "hbreak lab_boom", "set $first = pgt_buf_end",
            "watch pgt_buf_end", "commands", "silent", "printf \"allocated %lx\\n\", pgt_buf_end - 1",
            "continue", "end", "continue", "printf \"refused %lx\\n\", pgt_buf_end - 1", "up", "up",
            "info frame", "printf \"tables %ld\\n\", pgt_buf_end - $first"});
    INFO(output);
    const std::size_t refused = output.find("refused ");
    REQUIRE(refused != std::string::npos);
    const std::string last = output.substr(refused + 8, output.find('\n', refused) - refused - 8);
    CHECK(countOf(output, "allocated " + last + "\n") == 1);
    CHECK(output.find("tables " + std::to_string(countOf(output, "allocated ")) + "\n") != std::string::npos);
    CHECK(output.find("pin_pagetable_pfn") != std::string::npos);
}
