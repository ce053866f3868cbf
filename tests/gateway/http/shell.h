// Programs that nobody here wrote, run by a test.

#ifndef CRM_TESTS_GATEWAY_HTTP_SHELL_H_
#define CRM_TESTS_GATEWAY_HTTP_SHELL_H_

#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace crm::gateway {

// Runs a command by the shell; returns what it prints.
inline std::string Shell(const std::string& command) {
  std::string printed;
  FILE* pipe = popen(absl::StrCat(command, " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "";
  char buffer[4096];
  while (const size_t got = fread(buffer, 1, sizeof(buffer), pipe)) {
    printed.append(buffer, got);
  }
  pclose(pipe);
  return printed;
}

inline bool Installed(const std::string& program) {
  return !Shell(absl::StrCat("command -v ", program)).empty();
}

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_HTTP_SHELL_H_
