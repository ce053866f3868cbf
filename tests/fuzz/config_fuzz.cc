// Configuration: flags, environment and a file of any content give settings or
// an error that names no value.
//
// The input is parted by zero bytes: file, then flags and variables in turn.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/base/config.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/shared/auth/token_forge.h"

namespace crm {
namespace {

using testing::Expect;

ConfigReader MakeReader() {
  ConfigReader reader("operational");
  reader.Declare("CRM_OPERATIONAL_LISTEN", "127.0.0.1:9101", "Where to serve.");
  reader.Declare("CRM_DRAIN", "5s", "How long to wait.");
  reader.Declare("CRM_COUNT", "1", "How many.");
  reader.DeclareRequired("CRM_SECRET_FILE", "The secret.");
  return reader;
}

void CheckConfig(absl::string_view text) {
  static auto& file = *new testing::ScratchFile;
  const std::vector<std::string> parts = absl::StrSplit(text, '\0');
  file.Write(parts[0]);
  std::vector<std::string> flags = {"operational",
                                    absl::StrCat("--config=", file.path())};
  std::vector<std::string> variables;
  for (size_t i = 1; i < parts.size(); ++i) {
    (i % 2 == 1 ? flags : variables).push_back(parts[i]);
  }
  std::vector<const char*> argv;
  for (const std::string& flag : flags) argv.push_back(flag.c_str());
  std::vector<const char*> environment;
  for (const std::string& variable : variables) {
    environment.push_back(variable.c_str());
  }
  environment.push_back(nullptr);

  const ConfigReader reader = MakeReader();
  const auto config = reader.Read(static_cast<int>(argv.size()), argv.data(),
                                  environment.data(), {"CRM_GATEWAY_"});
  if (!config.ok()) {
    Expect(absl::IsInvalidArgument(config.status()), "the code of a refusal");
    return;
  }
  if (config->action() == Config::Action::kHelp) return;
  Expect(!config->Get("CRM_SECRET_FILE").empty(),
         "a required setting is empty");
  config->GetDuration("CRM_DRAIN").status().IgnoreError();
  const auto count = config->GetInt("CRM_COUNT", 0, 10);
  Expect(!count.ok() || (*count >= 0 && *count <= 10), "a number out of range");

  // What is printed is a file that says the same.
  file.Write(config->Print());
  const char* again[] = {argv[0], argv[1]};
  const char* nothing[] = {nullptr};
  const auto reread = reader.Read(2, again, nothing);
  Expect(reread.ok() && reread->Print() == config->Print(),
         "a printed configuration that reads otherwise");
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckConfig({reinterpret_cast<const char*>(data), size});
  return 0;
}
