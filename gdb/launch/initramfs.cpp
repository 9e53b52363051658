// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/launch/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace pgtscope::gdb {

namespace {

struct FreeWriter {
    void operator()(archive* writer) const { archive_write_free(writer); }
};
using Writer = std::unique_ptr<archive, FreeWriter>;

struct Node {
    std::string_view path;
    unsigned type; ///< AE_IFDIR, AE_IFREG, AE_IFLNK or AE_IFCHR.
    mode_t permissions;
    std::string_view content; ///< Of a file, or the target of a link.
    unsigned major = 0;
    unsigned minor = 0;
};

std::string initScript()
{
    // sleep is a child that init waits for: a first process that ends is a kernel panic.
    return "#!/bin/busybox sh\n"
           "/bin/busybox mount -t proc proc /proc\n"
           "/bin/busybox mount -t sysfs sysfs /sys\n"
           "echo\n"
           "echo '"
        + std::string(userspaceMessage)
        + "'\n"
          "while :; do /bin/busybox sleep 86400; done\n";
}

bool add(archive* writer, const Node& node)
{
    std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), std::string(node.path).c_str());
    archive_entry_set_filetype(entry.get(), node.type);
    archive_entry_set_perm(entry.get(), node.permissions);
    archive_entry_set_nlink(entry.get(), node.type == AE_IFDIR ? 2 : 1);
    // A fixed time makes equal archives from equal parts.
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), 0);
    if (node.type == AE_IFLNK)
        archive_entry_set_symlink(entry.get(), std::string(node.content).c_str());
    if (node.type == AE_IFREG)
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(node.content.size()));
    if (node.type == AE_IFCHR) {
        archive_entry_set_rdevmajor(entry.get(), node.major);
        archive_entry_set_rdevminor(entry.get(), node.minor);
    }
    if (archive_write_header(writer, entry.get()) != ARCHIVE_OK)
        return false;
    return node.type != AE_IFREG
        || archive_write_data(writer, node.content.data(), node.content.size())
        == static_cast<la_ssize_t>(node.content.size());
}

bool addAll(archive* writer, std::string_view busybox)
{
    std::string script = initScript();
    // Device numbers: Documentation/admin-guide/devices.txt, Linux 6.1.
    const Node nodes[] = {
        {"dev", AE_IFDIR, 0755, {}},
        {"proc", AE_IFDIR, 0755, {}},
        {"sys", AE_IFDIR, 0755, {}},
        {"bin", AE_IFDIR, 0755, {}},
        {"dev/console", AE_IFCHR, 0600, {}, 5, 1},
        {"dev/null", AE_IFCHR, 0666, {}, 1, 3},
        {"bin/busybox", AE_IFREG, 0755, busybox},
        {"bin/sh", AE_IFLNK, 0777, "busybox"},
        {"init", AE_IFREG, 0755, script},
    };
    for (const Node& node : nodes)
        if (!add(writer, node))
            return false;
    return true;
}

} // namespace

core::Result<void> writeInitramfs(
    const std::filesystem::path& busybox, const std::filesystem::path& destination)
{
    std::string tried = "write the initramfs " + destination.string();
    std::ifstream in(busybox, std::ios::binary);
    std::string program{std::istreambuf_iterator<char>(in), {}};
    if (!in || program.empty())
        return core::failure(tried, "could not read " + busybox.string());

    Writer writer(archive_write_new());
    archive_write_set_format_cpio_newc(writer.get());
    archive_write_add_filter_gzip(writer.get());
    archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr);
    bool written = archive_write_open_filename(writer.get(), destination.c_str()) == ARCHIVE_OK
        && addAll(writer.get(), program) && archive_write_close(writer.get()) == ARCHIVE_OK;
    if (written)
        return {};
    const char* text = archive_error_string(writer.get());
    return core::failure(tried, text != nullptr ? text : "the archive could not be written");
}

} // namespace pgtscope::gdb
