// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/symbols/symboltable.h"

namespace pgtscope::gdb {

/// The names of Xen's functions, from the image that a guest was launched with; read when first asked for.
class XenNames {
public:
    XenNames() = default;
    /// `image`: empty without Xen. `remark`: see SessionOptions; may be empty.
    XenNames(std::string image, std::function<void(const std::string&)> remark)
        : m_image(std::move(image))
        , m_remark(std::move(remark))
    {
    }

    /// Empty without Xen, and, with a remark, where the image has none that can be read.
    const core::SymbolTable& symbols();

private:
    std::string m_image;
    std::function<void(const std::string&)> m_remark;
    std::optional<core::SymbolTable> m_symbols;
};

} // namespace pgtscope::gdb
