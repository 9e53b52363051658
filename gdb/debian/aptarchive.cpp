// SPDX-License-Identifier: GPL-2.0-or-later
#include "gdb/debian/aptarchive.h"

#include <array>
#include <charconv>
#include <chrono>
#include <sstream>

#include "gdb/host/childprocess.h"
#include "gdb/host/files.h"

namespace pgtscope::gdb {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

/// Sum of the sizes of the files directly in `directory`; files may appear and vanish meanwhile.
std::uint64_t bytesIn(const fs::path& directory)
{
    std::uint64_t sum = 0;
    for (const fs::path& file : entriesOf(directory)) {
        std::error_code gone;
        auto size = fs::file_size(file, gone);
        sum += gone ? 0 : size;
    }
    return sum;
}

/// The system's proxies and the like, as apt-config prints them. Hooks and everything else are left out:
/// some of them change the system after an update.
std::string networkSettings(const std::string& dump)
{
    constexpr std::array prefixes{"Acquire::http", "Acquire::ForceIP", "Acquire::Retries", "Acquire::Check-"};
    std::istringstream lines(dump);
    std::string kept;
    for (std::string line; std::getline(lines, line);)
        for (std::string_view prefix : prefixes)
            if (line.starts_with(prefix))
                kept += line + "\n";
    return kept;
}

/// What apt says went wrong: the first mirror that failed, or else its last line.
std::string complaint(const std::string& errors)
{
    std::size_t failed = errors.find("E: Failed to fetch");
    std::string line
        = lastLine(failed == std::string::npos ? errors : errors.substr(0, errors.find('\n', failed)));
    return line.starts_with("E: ") ? line.substr(3) : line;
}

core::Result<ChildOutput> runApt(const fs::path& configuration, ChildCommand command, const WaitLimit& limit)
{
    command.environment.emplace_back("APT_CONFIG", configuration.string());
    auto run = runChild(command, limit);
    if (!run && run.error().happened.ends_with("is not installed"))
        return core::failure(run.error().tried, run.error().happened,
            "guests are made from Debian packages; on another system give your own kernel with --kernel");
    return run;
}

} // namespace

std::string aptField(const std::string& text, const std::string& field)
{
    std::istringstream lines(text);
    std::string start = field + ": ";
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(start))
            return line.substr(start.size());
    return {};
}

AptArchive::AptArchive(fs::path directory, std::string architecture, std::string suite)
    : m_directory(std::move(directory))
    , m_architecture(std::move(architecture))
    , m_suite(std::move(suite))
{
}

fs::file_time_type AptArchive::refreshedAt() const
{
    std::error_code error;
    auto time = fs::last_write_time(stampFile(), error);
    return error ? fs::file_time_type::min() : time;
}

bool AptArchive::fresh() const
{
    auto now = fs::file_time_type::clock::now();
    auto then = refreshedAt();
    return then != fs::file_time_type::min() && then <= now && now - then < 24h;
}

std::string AptArchive::configuration(const std::string& network) const
{
    std::string base = m_directory.string();
    const std::string only = m_suite.empty() ? std::string()
                                             : "Dir::Etc::sourcelist \"" + sourcesFile().string()
            + "\";\nDir::Etc::sourceparts \"" + base + "/none.d\";\n";
    return
        // A mirror that fails twice will not do: cached guests are there for that. The user's settings win.
        "Acquire::Retries \"1\";\nAcquire::http::Timeout \"20\";\nAcquire::https::Timeout \"20\";\n" + network
        + "APT::Architecture \"" + m_architecture + "\";\nAPT::Architectures { \"" + m_architecture
        + "\"; };\n" + "Dir::State \"" + base + "/state\";\nDir::State::status \"" + base
        + "/state/status\";\n" + "Dir::Cache \"" + base + "/cache\";\nDir::Etc::main \"" + base + "/none\";\n"
        + "Dir::Etc::parts \"" + base
        + "/none.d\";\nAcquire::Languages \"none\";\n"
        // The unprivileged user that apt changes to as root may not reach a directory below a home.
        + "APT::Sandbox::User \"root\";\nAPT::Update::Error-Mode \"any\";\n" + only;
}

std::string AptArchive::sources() const
{
    return "Types: deb\nURIs: http://deb.debian.org/debian\nSuites: " + m_suite
        + "\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n";
}

core::Result<void> AptArchive::prepare(const core::CancelFlag* cancel) const
{
    std::string tried = "set up a private apt state in " + m_directory.string();
    if (m_directory.string().find_first_of("\"\\\n;{}") != std::string::npos)
        return core::failure(
            tried, "apt cannot take a path with such characters", "set XDG_CACHE_HOME to another one");
    std::error_code error;
    for (const char* part : {"state/lists/partial", "cache/archives/partial", "none.d"})
        if (fs::create_directories(m_directory / part, error); error)
            return core::failure(tried, error.message());
    auto dump = runChild({"apt-config", {"dump"}, {}, {}, {}}, WaitLimit::after(30s, cancel));
    std::string network = dump ? networkSettings(dump->output) : std::string();
    if (!writePrivate(configurationFile(), configuration(network))
        || !writePrivate(m_directory / "state/status", "")
        || (!m_suite.empty() && !writePrivate(sourcesFile(), sources())))
        return core::failure(tried, "a file could not be written", "check free space and permissions there");
    return {};
}

core::Result<void> AptArchive::refresh(const core::Progress& progress, const core::CancelFlag* cancel)
{
    RETURN_IF_ERROR(prepare(cancel));
    ChildCommand command{"apt-get", {"update", "-q"}, {}, {}, {}};
    command.whileRunning = [&] {
        if (progress)
            progress("package lists", bytesIn(m_directory / "state/lists/partial"), 0);
    };
    ASSIGN_OR_RETURN(
        auto run, runApt(configurationFile(), std::move(command), WaitLimit::after(10min, cancel)));
    if (run.exitStatus != 0)
        return core::failure(
            "refresh the package lists", complaint(run.errors), "check the network and apt's sources");
    if (!writePrivate(stampFile(), ""))
        return core::failure("refresh the package lists", "could not write " + stampFile().string());
    return {};
}

core::Result<AptPackage> AptArchive::candidate(
    const std::string& package, const core::CancelFlag* cancel) const
{
    std::string tried = "find the Debian package " + package + " for " + m_architecture;
    ChildCommand command{"apt-cache", {"show", "--no-all-versions", package}, {}, {}, {}};
    ASSIGN_OR_RETURN(
        auto run, runApt(configurationFile(), std::move(command), WaitLimit::after(2min, cancel)));
    AptPackage found{package, aptField(run.output, "Version"), aptField(run.output, "Depends"), 0};
    std::string size = aptField(run.output, "Size");
    std::from_chars(size.data(), size.data() + size.size(), found.bytes);
    if (run.exitStatus != 0 || found.version.empty())
        return core::failure(
            tried, "apt's sources do not offer it", "check that /etc/apt lists Debian's main archive");
    return found;
}

core::Result<fs::path> AptArchive::download(const AptPackage& package, const fs::path& directory,
    const core::Progress& progress, const core::CancelFlag* cancel) const
{
    std::string tried = "download the Debian package " + package.name;
    ChildCommand command{
        "apt-get", {"download", "-q", package.name + "=" + package.version}, directory.string(), {}, {}};
    command.whileRunning = [&] {
        if (progress)
            progress(package.name, std::min(bytesIn(directory), package.bytes), package.bytes);
    };
    ASSIGN_OR_RETURN(
        auto run, runApt(configurationFile(), std::move(command), WaitLimit::after(30min, cancel)));
    if (run.exitStatus != 0)
        return core::failure(
            tried, complaint(run.errors), "check the network, or fetch again with --refresh");
    for (const fs::path& file : entriesOf(directory))
        if (file.extension() == ".deb")
            return file;
    return core::failure(tried, "apt-get left no .deb file");
}

} // namespace pgtscope::gdb
