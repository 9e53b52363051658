# SPDX-License-Identifier: GPL-2.0-or-later
# Run by CPack on what it has installed, before it makes the package: Debian wants manual pages compressed, without
# a date of their own.
file(GLOB_RECURSE pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/share/man/*.1)
foreach(page IN LISTS pages)
    execute_process(COMMAND gzip -9nf ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
