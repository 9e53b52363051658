# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian package (target package: `cmake --build --preset package`) and the source tarball (target source_tarball).
install(FILES resources/packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES resources/packaging/lintian-overrides DESTINATION share/lintian/overrides RENAME pgtscope)

if(NOT PGTSCOPE_MAINTAINER)
    set(PGTSCOPE_MAINTAINER "pgtscope developers <maintainers@pgtscope.invalid>")
endif()
# Debian's form of a changelog, with the date that it wants: "Sun, 29 Nov 2026 00:00:00 +0000".
execute_process(COMMAND date --utc --rfc-email --date=${PGTSCOPE_RELEASED} OUTPUT_VARIABLE PGTSCOPE_CHANGELOG_DATE
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
configure_file(resources/packaging/changelog.in ${CMAKE_BINARY_DIR}/changelog @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/changelog DESTINATION ${CMAKE_INSTALL_DOCDIR})
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pgtscope)
set(CPACK_PACKAGE_VENDOR "${PGTSCOPE_DEVELOPER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "visual debugger for x86 boot page tables")
set(CPACK_PACKAGE_DESCRIPTION_FILE ${CMAKE_SOURCE_DIR}/resources/packaging/description)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON) # programs and plugin; a guest's symbols are what it is for, and stay
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/resources/packaging/compress.cmake)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${PGTSCOPE_MAINTAINER}")
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "${PGTSCOPE_URL}")
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Programs that ours start, which no library says.
# The icon is drawn by Qt's plugins for SVG: of the library's own package in Debian 12, of another one since.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "gdb, qemu-system-x86, qt6-svg-plugins | libqt6svg6 (<< 6.5)")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "apt, ca-certificates") # they fetch Debian's kernels
include(CPack)

# What git has of the last commit, with its name in resources/commit.
set(tarball ${CMAKE_BINARY_DIR}/pgtscope-${PROJECT_VERSION}.tar.gz)
add_custom_target(source_tarball
    COMMAND git archive --prefix=pgtscope-${PROJECT_VERSION}/ --output=${tarball} HEAD
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)
