#include "shared/base/config.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

constexpr absl::string_view kPrefix = "CRM_";
constexpr size_t kMaxFileBytes = 64 * 1024;

using Values = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void Die(absl::string_view problem, absl::string_view name) {
  std::fprintf(stderr, "%s: %s\n", std::string(problem).c_str(),
               std::string(name).c_str());
  std::abort();
}

absl::Status BadSetting(absl::string_view name, absl::string_view expected) {
  return InvalidArgument("BAD_SETTING",
                         absl::StrCat("'", name, "' must be ", expected, "."),
                         {{"setting", std::string(name)}});
}

// CRM_CACHE_SIZE -> cache-size.
std::string FlagOf(absl::string_view name) {
  std::string flag(absl::StripPrefix(name, kPrefix));
  absl::AsciiStrToLower(&flag);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

// cache-size -> CRM_CACHE_SIZE.
std::string NameOf(absl::string_view flag) {
  std::string name = absl::StrCat(kPrefix, flag);
  absl::AsciiStrToUpper(&name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// The settings of one source, and what was wrong with it.
struct Source {
  Values values;
  std::vector<std::string> problems;

  void Set(absl::string_view name, absl::string_view value) {
    if (!values.emplace(name, value).second) {
      problems.push_back(absl::StrCat(name, ": given twice"));
    }
  }
};

// The command line: settings, and the flags that are about settings.
struct CommandLine {
  Config::Action action = Config::Action::kRun;
  std::optional<std::string> file;
  Source source;
};

CommandLine ParseCommandLine(int argc, const char* const* argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    absl::string_view flag = argv[i];
    if (!absl::ConsumePrefix(&flag, "--") || flag.empty()) {
      line.source.problems.push_back(
          absl::StrCat("'", argv[i], "': not a flag"));
      continue;
    }
    if (flag == "help") {
      line.action = Config::Action::kHelp;
      return line;
    }
    if (flag == "check-config") {
      line.action = Config::Action::kCheckConfig;
      continue;
    }
    if (flag == "print-config") {
      line.action = Config::Action::kPrintConfig;
      continue;
    }
    absl::string_view value;
    if (const size_t equals = flag.find('='); equals != flag.npos) {
      value = flag.substr(equals + 1);
      flag = flag.substr(0, equals);
    } else if (i + 1 < argc && !absl::StartsWith(argv[i + 1], "--")) {
      value = argv[++i];
    } else {
      line.source.problems.push_back(absl::StrCat("--", flag, ": no value"));
      continue;
    }
    if (flag == "config") {
      line.file = std::string(value);
    } else if (flag != FlagOf(NameOf(flag))) {
      line.source.problems.push_back(absl::StrCat("--", flag, ": unknown"));
    } else {
      line.source.Set(NameOf(flag), value);
    }
  }
  return line;
}

Source ReadEnvironment(const char* const* environment) {
  Source source;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const absl::string_view entry = *environment;
    const size_t equals = entry.find('=');
    if (equals == entry.npos || !absl::StartsWith(entry, kPrefix)) continue;
    source.Set(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return source;
}

Source ReadFile(const std::string& path) {
  Source source;
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof()) || text.empty()) {
    source.problems.push_back(absl::StrCat("'", path, "': cannot be read"));
    return source;
  }
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > kMaxFileBytes) {
    source.problems.push_back(
        absl::StrCat("'", path, "': larger than ", kMaxFileBytes, " bytes"));
    return source;
  }
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    absl::ConsumeSuffix(&line, "\r");
    if (absl::StripAsciiWhitespace(line).empty() || line.front() == '#') {
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == line.npos) {
      source.problems.push_back(
          absl::StrCat("'", path, "' line ", number, ": not NAME=value"));
      continue;
    }
    source.Set(line.substr(0, equals), line.substr(equals + 1));
  }
  return source;
}

}  // namespace

const std::string& Config::Get(absl::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) Die("Read of an undeclared setting", name);
  return found->second;
}

absl::StatusOr<int64_t> Config::GetInt(absl::string_view name, int64_t min,
                                       int64_t max) const {
  int64_t value = 0;
  if (!absl::SimpleAtoi(Get(name), &value) || value < min || value > max) {
    return BadSetting(name,
                      absl::StrCat("a whole number from ", min, " to ", max));
  }
  return value;
}

absl::StatusOr<bool> Config::GetBool(absl::string_view name) const {
  const std::string& value = Get(name);
  if (value == "true") return true;
  if (value == "false") return false;
  return BadSetting(name, "true or false");
}

absl::StatusOr<absl::Duration> Config::GetDuration(
    absl::string_view name) const {
  absl::Duration value;
  if (!absl::ParseDuration(Get(name), &value) ||
      value <= absl::ZeroDuration() || value == absl::InfiniteDuration()) {
    return BadSetting(name, "a positive duration, as in '1m30s'");
  }
  return value;
}

std::string Config::Print() const {
  return absl::StrJoin(values_, "",
                       [](std::string* out, const auto& name_and_value) {
                         absl::StrAppend(out, name_and_value.first, "=",
                                         name_and_value.second, "\n");
                       });
}

ConfigReader::ConfigReader(absl::string_view program) : program_(program) {}

void ConfigReader::Declare(absl::string_view name,
                           absl::string_view default_value,
                           absl::string_view help) {
  Add(name,
      {.default_value = std::string(default_value), .help = std::string(help)});
}

void ConfigReader::DeclareRequired(absl::string_view name,
                                   absl::string_view help) {
  Add(name, {.default_value = "", .help = std::string(help), .required = true});
}

void ConfigReader::Add(absl::string_view name, Setting setting) {
  if (!absl::StartsWith(name, kPrefix) || NameOf(FlagOf(name)) != name) {
    Die("A setting is CRM_ and upper-case words", name);
  }
  if (!settings_.emplace(name, std::move(setting)).second) {
    Die("Setting declared twice", name);
  }
}

absl::StatusOr<Config> ConfigReader::Read(
    int argc, const char* const* argv, const char* const* environment,
    const std::vector<std::string>& foreign_prefixes) const {
  Config config;
  for (const auto& [name, setting] : settings_) {
    config.values_.emplace(name, setting.default_value);
  }
  CommandLine line = ParseCommandLine(argc, argv);
  config.action_ = line.action;
  if (line.action == Config::Action::kHelp) return config;

  std::vector<std::string> problems;
  const auto is_foreign = [&](absl::string_view name) {
    return std::any_of(foreign_prefixes.begin(), foreign_prefixes.end(),
                       [&](const std::string& prefix) {
                         return absl::StartsWith(name, prefix);
                       });
  };
  const auto apply = [&](Source source, bool may_be_shared) {
    std::move(source.problems.begin(), source.problems.end(),
              std::back_inserter(problems));
    for (auto& [name, value] : source.values) {
      if (const auto found = config.values_.find(name);
          found != config.values_.end()) {
        if (std::any_of(value.begin(), value.end(), absl::ascii_iscntrl)) {
          problems.push_back(absl::StrCat(name, ": has a control character"));
        }
        found->second = std::move(value);
      } else if (!may_be_shared || !is_foreign(name)) {
        problems.push_back(absl::StrCat(name, ": unknown"));
      }
    }
  };
  // Each source overrides those before it.
  if (line.file.has_value()) apply(ReadFile(*line.file), true);
  apply(ReadEnvironment(environment), true);
  apply(std::move(line.source), false);
  for (const auto& [name, setting] : settings_) {
    if (setting.required && config.Get(name).empty()) {
      problems.push_back(absl::StrCat(name, ": missing"));
    }
  }
  if (problems.empty()) return config;
  return InvalidArgument("BAD_CONFIG",
                         absl::StrCat(absl::StrJoin(problems, "; "), ". See ",
                                      program_, " --help."));
}

std::string ConfigReader::Help() const {
  std::string help = absl::StrCat(
      "Usage: ", program_, " [--flag=value ...]\n\n",
      "A flag overrides the environment variable of its name, which overrides\n"
      "the file.\n\n",
      "  --config=FILE\n      Lines of NAME=value.\n",
      "  --check-config\n      Check the configuration, then exit.\n",
      "  --print-config\n      Print the configuration, then exit.\n",
      "  --help\n      Print this text, then exit.\n");
  for (const auto& [name, setting] : settings_) {
    absl::StrAppend(&help, "  --", FlagOf(name), "  (", name, ", ",
                    setting.required ? "required"
                    : setting.default_value.empty()
                        ? "empty by default"
                        : absl::StrCat("default ", setting.default_value),
                    ")\n      ", setting.help, "\n");
  }
  return help;
}

}  // namespace crm
