// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/debian/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <memory>
#include <set>

#include "gdb/host/files.h"

namespace pgtscope::gdb {

namespace {

/// Of a kernel, an initramfs or a program.
constexpr std::size_t largestFile = std::size_t{1} << 30U;

namespace fs = std::filesystem;

struct FreeWriter {
    void operator()(archive* writer) const { archive_write_free(writer); }
};
using Writer = std::unique_ptr<archive, FreeWriter>;

struct Node {
    std::string path;
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

/// The pause after the message gives the function that waits for it time to stop the guest. The domain's
/// console comes through xenconsoled's log: a release build of Xen prints nothing for a domain.
std::string domainScript()
{
    return "#!/bin/busybox sh\n"
           "b=/bin/busybox\n"
           "$b mount -t proc proc /proc\n"
           "$b mount -t sysfs sysfs /sys\n"
           "$b mount -t devtmpfs dev /dev\n"
           "for m in xen-privcmd xenfs xen-evtchn xen-gntdev xen-gntalloc; do $b insmod /modules/$m.ko; "
           "done\n"
           "$b mkdir -p /dev/pts /proc/xen /run/xen /run/xenstored /run/lock /var/lib/xen /var/lib/xenstored "
           "/var/log/xen\n"
           "$b ln -s /run /var/run\n"
           "$b ln -s /run/lock /var/lock\n"
           "$b mount -t devpts devpts /dev/pts\n"
           "$b mount -t xenfs xenfs /proc/xen\n"
           "x=$($b dirname $($b ls -d /usr/lib/xen-*/bin/xl))\n"
           "export PATH=$x:/bin\n"
           "xenstored --pid-file /run/xenstored.pid\n"
           "xen-init-dom0\n"
           "xenconsoled --pid-file=/run/xenconsoled.pid --log=guest --log-dir=/var/log/xen\n"
           "echo\n"
           "echo '"
        + std::string(domainMessage)
        + "'\n"
          "$b sleep 5\n"
          "xl create /etc/domain.cfg\n"
          "while :; do $b tail -n +1 -f /var/log/xen/guest-domain.log; $b sleep 1; done\n";
}

std::string domainConfiguration(const DomainStarter& starter)
{
    std::string append;
    for (const char c : starter.append)
        append += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return "name = \"domain\"\n"
           "type = \"pv\"\n"
           "kernel = \"/boot/vmlinuz\"\n"
           "ramdisk = \"/boot/initrd.gz\"\n"
           "vcpus = 1\n"
           "memory = "
        + std::to_string(starter.memoryMib) + "\nextra = \"" + append + "\"\n";
}

bool add(archive* writer, const Node& node)
{
    std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), node.path.c_str());
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

/// What every first process of ours needs. Device numbers: Documentation/admin-guide/devices.txt, Linux 6.1.
std::vector<Node> baseNodes(std::string_view busybox, std::string_view script)
{
    return {
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
}

/// The kernel's unpacker makes no directory that the archive does not name.
void addParents(std::vector<Node>& nodes, std::set<std::string>& known, const std::string& path)
{
    const std::string parent = fs::path(path).parent_path().string();
    if (parent.empty() || !known.insert(parent).second)
        return;
    addParents(nodes, known, parent);
    nodes.push_back({parent, AE_IFDIR, 0755, {}});
}

void addFile(std::vector<Node>& nodes, std::set<std::string>& known, Node node)
{
    addParents(nodes, known, node.path);
    if (known.insert(node.path).second)
        nodes.push_back(std::move(node));
}

core::Result<std::string> contentOf(const fs::path& file, const std::string& tried)
{
    auto content = readWhole(file, largestFile);
    if (!content || content->empty())
        return core::failure(tried, "could not read " + file.string());
    return content;
}

core::Result<void> writeArchive(
    const std::vector<Node>& nodes, const fs::path& destination, const std::string& tried)
{
    Writer writer(archive_write_new());
    archive_write_set_format_cpio_newc(writer.get());
    archive_write_add_filter_gzip(writer.get());
    archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr);
    bool written = archive_write_open_filename(writer.get(), destination.c_str()) == ARCHIVE_OK;
    for (const Node& node : nodes)
        written = written && add(writer.get(), node);
    if (written && archive_write_close(writer.get()) == ARCHIVE_OK)
        return {};
    const char* text = archive_error_string(writer.get());
    return core::failure(tried, text != nullptr ? text : "the archive could not be written");
}

} // namespace

core::Result<void> writeInitramfs(const fs::path& busybox, const fs::path& destination)
{
    const std::string tried = "write the initramfs " + destination.string();
    ASSIGN_OR_RETURN(const auto program, contentOf(busybox, tried));
    const std::string script = initScript();
    return writeArchive(baseNodes(program, script), destination, tried);
}

core::Result<void> writeDomainInitramfs(
    const fs::path& busybox, const DomainStarter& starter, const fs::path& destination)
{
    const std::string tried = "write the initramfs " + destination.string();
    const auto program = contentOf(busybox, tried);
    const auto kernel = contentOf(starter.kernel, tried);
    const auto initrd = contentOf(starter.initrd, tried);
    for (const auto* part : {&program, &kernel, &initrd})
        RETURN_IF_ERROR(*part);
    const std::string script = domainScript();
    const std::string configuration = domainConfiguration(starter);
    std::vector<Node> nodes = baseNodes(*program, script);
    std::set<std::string> known;
    for (const Node& node : nodes)
        known.insert(node.path);
    for (const core::PackedFile& file : starter.files)
        addFile(nodes, known,
            {file.path, static_cast<unsigned>(file.isLink ? AE_IFLNK : AE_IFREG),
                static_cast<mode_t>(file.executable ? 0755 : 0644), file.content});
    for (const char* directory : {"var/log", "run", "etc/xen"})
        addFile(nodes, known, {directory, AE_IFDIR, 0755, {}});
    addFile(nodes, known, {"etc/xen/xl.conf", AE_IFREG, 0644, {}});
    addFile(nodes, known, {"etc/domain.cfg", AE_IFREG, 0644, configuration});
    addFile(nodes, known, {"boot/vmlinuz", AE_IFREG, 0644, *kernel});
    addFile(nodes, known, {"boot/initrd.gz", AE_IFREG, 0644, *initrd});
    return writeArchive(nodes, destination, tried);
}

} // namespace pgtscope::gdb
