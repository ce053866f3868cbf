// Reads the configuration of a process: flags over environment over a file.
//
// A process declares its settings once, with defaults and help, then reads
// them. The list that is declared is the list that `--help` and
// `--print-config` show, so the docs cannot lag behind the code.
//
//   ConfigReader reader("operational");
//   reader.Declare("CRM_OPERATIONAL_LISTEN", "127.0.0.1:9101", "Where to
//   serve."); CRM_ASSIGN_OR_RETURN(Config config, reader.Read(argc, argv,
//   environ)); config.Get("CRM_OPERATIONAL_LISTEN");
//
// A setting CRM_OPERATIONAL_LISTEN is the flag --operational-listen, that
// environment variable, or a line CRM_OPERATIONAL_LISTEN=value of the file
// given by --config. Unknown flags, CRM_* variables and file lines are errors.
// Secrets are given as files (settings that end in _FILE), never as values.
//
// The file holds one NAME=value a line; the value is the rest of the line as it
// stands. Empty lines and lines that start with # are skipped.

#ifndef CRM_SHARED_BASE_CONFIG_H_
#define CRM_SHARED_BASE_CONFIG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace crm {

// The values of the declared settings. Immutable.
class Config {
 public:
  // What the process was asked to do instead of running.
  enum class Action { kRun, kHelp, kCheckConfig, kPrintConfig };

  Action action() const { return action_; }

  // Returns the value of a declared setting, "" if that is its default; asking
  // for another one is a bug and ends the process.
  const std::string& Get(absl::string_view name) const;

  // Returns the value as a number, or INVALID_ARGUMENT that names the setting
  // unless it is one between `min` and `max`.
  absl::StatusOr<int64_t> GetInt(absl::string_view name, int64_t min,
                                 int64_t max) const;

  // Returns the value as a truth value (`true`, `false`), or INVALID_ARGUMENT.
  absl::StatusOr<bool> GetBool(absl::string_view name) const;

  // Returns the value as a duration (`30s`, `5m`), or INVALID_ARGUMENT unless
  // it is a positive one.
  absl::StatusOr<absl::Duration> GetDuration(absl::string_view name) const;

  // Returns one line `NAME=value` a setting, sorted, usable as --config file.
  std::string Print() const;

 private:
  friend class ConfigReader;
  Action action_ = Action::kRun;
  std::map<std::string, std::string, std::less<>> values_;
};

// Collects the declarations of a process, then reads their values.
// Thread-compatible.
class ConfigReader {
 public:
  explicit ConfigReader(absl::string_view program);

  // Declares setting `name` (CRM_...). Declaring one twice is a bug and ends
  // the process.
  void Declare(absl::string_view name, absl::string_view default_value,
               absl::string_view help);

  // Declares setting `name` without a default: reading fails unless it is given
  // and not empty.
  void DeclareRequired(absl::string_view name, absl::string_view help);

  // Reads flags, environment and file. Returns INVALID_ARGUMENT (BAD_CONFIG)
  // that lists everything unknown, missing, repeated or unreadable, names but
  // no values. Of the environment only CRM_* is looked at. Settings of other
  // programs of the suite (CRM_<OTHER>_...), which share an environment or a
  // file, are left alone when they start with one of `foreign_prefixes`. With
  // --help nothing is checked.
  absl::StatusOr<Config> Read(
      int argc, const char* const* argv, const char* const* environment,
      const std::vector<std::string>& foreign_prefixes = {}) const;

  // Returns the text of --help: each setting with flag, default and meaning.
  std::string Help() const;

 private:
  struct Setting {
    std::string default_value;
    std::string help;
    bool required = false;
  };

  void Add(absl::string_view name, Setting setting);

  std::string program_;
  std::map<std::string, Setting, std::less<>> settings_;
};

}  // namespace crm

#endif  // CRM_SHARED_BASE_CONFIG_H_
