// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sqlite3.h>

namespace pgtscope::test {

/// While it lives, whatever SQLite opens goes through it to the disk: a derived class lets calls fail, or
/// counts how often the disk is waited for.
class WatchedDisk {
public:
    WatchedDisk()
        : m_below(sqlite3_vfs_find(nullptr))
        , m_vfs(*m_below)
    {
        m_vfs.pNext = nullptr;
        m_vfs.zName = "watched";
        m_vfs.pAppData = this;
        m_vfs.szOsFile = static_cast<int>(sizeof(File)) + m_below->szOsFile;
        m_vfs.xOpen = openFile;
        m_vfs.xDelete = removeFile;
        m_vfs.xSleep = sleep;
        sqlite3_vfs_register(&m_vfs, 1);
    }
    virtual ~WatchedDisk() { sqlite3_vfs_unregister(&m_vfs); }
    WatchedDisk(const WatchedDisk&) = delete;
    WatchedDisk& operator=(const WatchedDisk&) = delete;

protected:
    /// Asked before each call that reaches the disk: true lets it fail.
    virtual bool fails() { return false; }
    /// Asked before each sync that does not fail: false makes it one in name only.
    virtual bool waits() { return true; }
    /// Asked before each write: what SQLite hears of it if it fails.
    virtual int writeFailure() { return fails() ? SQLITE_IOERR_WRITE : SQLITE_OK; }
    /// Asked before SQLite waits for a lock of another program: false makes it a wait in name only.
    virtual bool waitsForLocks() { return true; }
    /// Asked at each open: false takes away the memory that programs share, as a file system of a network
    /// does.
    virtual bool sharesMemory() { return true; }

private:
    /// A file as SQLite sees it. The memory after it is the file of the disk below.
    struct File {
        sqlite3_file base;
        WatchedDisk* disk;
        sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
    };
    static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }

    static int closeFile(sqlite3_file* file)
    {
        sqlite3_file* real = of(file).real();
        return real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
    }
    template <auto member, int failure, class... Arguments>
    static auto mayFail(sqlite3_file* file, Arguments... arguments)
    {
        sqlite3_file* real = of(file).real();
        return of(file).disk->fails() ? failure : (real->pMethods->*member)(real, arguments...);
    }
    template <auto member, class... Arguments>
    static auto forward(sqlite3_file* file, Arguments... arguments)
    {
        sqlite3_file* real = of(file).real();
        return (real->pMethods->*member)(real, arguments...);
    }
    /// Half of it is written before it fails.
    static int writeFile(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at)
    {
        sqlite3_file* real = of(file).real();
        const int failure = of(file).disk->writeFailure();
        const int written = real->pMethods->xWrite(real, bytes, failure != SQLITE_OK ? count / 2 : count, at);
        return failure != SQLITE_OK ? failure : written;
    }
    static int syncFile(sqlite3_file* file, int flags)
    {
        sqlite3_file* real = of(file).real();
        if (of(file).disk->fails())
            return SQLITE_IOERR_FSYNC;
        return of(file).disk->waits() ? real->pMethods->xSync(real, flags) : SQLITE_OK;
    }
    static int openFile(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* outFlags)
    {
        auto* disk = static_cast<WatchedDisk*>(vfs->pAppData);
        File& ours = of(file);
        ours.disk = disk;
        ours.base.pMethods = nullptr;
        if (disk->fails())
            return SQLITE_CANTOPEN;
        const int result = disk->m_below->xOpen(disk->m_below, name, ours.real(), flags, outFlags);
        const sqlite3_io_methods* used = disk->sharesMemory() ? &methods : &methodsWithoutMemory;
        ours.base.pMethods = ours.real()->pMethods ? used : nullptr;
        return result;
    }
    static int removeFile(sqlite3_vfs* vfs, const char* name, int)
    {
        auto* disk = static_cast<WatchedDisk*>(vfs->pAppData);
        return disk->fails() ? SQLITE_IOERR_DELETE : disk->m_below->xDelete(disk->m_below, name, 0);
    }
    static int sleep(sqlite3_vfs* vfs, int microseconds)
    {
        auto* disk = static_cast<WatchedDisk*>(vfs->pAppData);
        return disk->waitsForLocks() ? disk->m_below->xSleep(disk->m_below, microseconds) : microseconds;
    }

    static const sqlite3_io_methods methods;
    static const sqlite3_io_methods methodsWithoutMemory;

    sqlite3_vfs* m_below;
    sqlite3_vfs m_vfs;
};

inline const sqlite3_io_methods WatchedDisk::methods{3, closeFile,
    mayFail<&sqlite3_io_methods::xRead, SQLITE_IOERR_READ, void*, int, sqlite3_int64>, writeFile,
    mayFail<&sqlite3_io_methods::xTruncate, SQLITE_IOERR_TRUNCATE, sqlite3_int64>, syncFile,
    mayFail<&sqlite3_io_methods::xFileSize, SQLITE_IOERR_FSTAT, sqlite3_int64*>,
    mayFail<&sqlite3_io_methods::xLock, SQLITE_IOERR_LOCK, int>, forward<&sqlite3_io_methods::xUnlock, int>,
    forward<&sqlite3_io_methods::xCheckReservedLock, int*>,
    forward<&sqlite3_io_methods::xFileControl, int, void*>, forward<&sqlite3_io_methods::xSectorSize>,
    forward<&sqlite3_io_methods::xDeviceCharacteristics>,
    mayFail<&sqlite3_io_methods::xShmMap, SQLITE_IOERR_SHMMAP, int, int, int, void volatile**>,
    forward<&sqlite3_io_methods::xShmLock, int, int, int>, forward<&sqlite3_io_methods::xShmBarrier>,
    forward<&sqlite3_io_methods::xShmUnmap, int>,
    forward<&sqlite3_io_methods::xFetch, sqlite3_int64, int, void**>,
    forward<&sqlite3_io_methods::xUnfetch, sqlite3_int64, void*>};

inline const sqlite3_io_methods WatchedDisk::methodsWithoutMemory = [] {
    sqlite3_io_methods without = methods;
    without.iVersion = 1; // the first that had it was 2
    return without;
}();

} // namespace pgtscope::test
