# SPDX-License-Identifier: GPL-2.0-or-later
# Run by CPack on what it has installed, before it makes the package: Debian wants manual pages and the changelog
# compressed, without a date of their own.
file(GLOB_RECURSE texts ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/share/man/*.1
    ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/share/doc/*/changelog)
foreach(text IN LISTS texts)
    execute_process(COMMAND gzip -9nf ${text} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
