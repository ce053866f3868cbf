#include "gateway/api/descriptor_set.h"

#include <cstddef>

// The build gives the file's name; the assembler copies its bytes.
asm(".pushsection .rodata\n"
    ".global crm_descriptor_set_begin\n"
    ".global crm_descriptor_set_end\n"
    "crm_descriptor_set_begin:\n"
    ".incbin \"" CRM_DESCRIPTOR_SET
    "\"\n"
    "crm_descriptor_set_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char crm_descriptor_set_begin[];
extern const char crm_descriptor_set_end[];
}

namespace crm::gateway {

absl::string_view DescriptorSetBytes() {
  return {
      crm_descriptor_set_begin,
      static_cast<size_t>(crm_descriptor_set_end - crm_descriptor_set_begin)};
}

}  // namespace crm::gateway
