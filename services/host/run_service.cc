#include "services/host/run_service.h"

#include <cstdio>
#include <iostream>
#include <string>
#include <utility>

#include "google/protobuf/stubs/logging.h"
#include "services/host/service_host.h"
#include "services/host/settings.h"
#include "services/host/stop_signals.h"
#include "services/host/store_commands.h"
#include "shared/base/errors.h"
#include "shared/base/process.h"
#include "shared/base/watchdog.h"
#include "shared/redis/connection.h"
#include "shared/rpc/tls_credentials.h"
#include "unistd.h"

namespace crm {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitBadConfig = 2;
// EX_TEMPFAIL: another process holds the store, and may let go of it.
constexpr int kExitLocked = 75;
// How long a stop may take beyond its drain. The server gives up before, and
// what is written down then takes the rest.
constexpr absl::Duration kStopMargin = absl::Seconds(20);

int Fail(const std::string& name, const absl::Status& status, int code) {
  std::cerr << name << ": " << status.message() << " (" << ErrorReason(status)
            << ")\n";
  return code;
}

}  // namespace

int RunService(const char* name, int argc, char** argv,
               const MakeService& make) {
  const StoreCommand command = TakeStoreCommand(argc, argv);
  const ConfigReader reader = DeclareSettings(name);
  const auto config = reader.Read(argc, argv, environ, ForeignPrefixes(name));
  if (!config.ok()) return Fail(name, config.status(), kExitBadConfig);
  switch (config->action()) {
    case Config::Action::kHelp:
      std::cout << reader.Help() << "\n" << kStoreCommandsHelp;
      return 0;
    case Config::Action::kPrintConfig:
      std::cout << config->Print();
      return 0;
    case Config::Action::kCheckConfig:
    case Config::Action::kRun:
      break;
  }
  const auto settings = ReadSettings(name, *config);
  if (!settings.ok()) return Fail(name, settings.status(), kExitBadConfig);
  if (config->action() == Config::Action::kCheckConfig) {
    std::cout << "The configuration is good.\n";
    return 0;
  }

  KeepMemoryPrivate();
  RequireTls13();
  if (command.kind != StoreCommand::Kind::kNone) {
    const absl::Status done =
        RunStoreCommand(command, *settings, SystemClock(), std::cout);
    if (done.ok()) return 0;
    const bool locked = ErrorReason(done) == "DATABASE_LOCKED";
    return Fail(name, done, locked ? kExitLocked : kExitFailure);
  }

  IgnoreSigpipe();
  // Protobuf would write a line of its own for every malformed request.
  google::protobuf::SetLogHandler(nullptr);
  StopSignals signals;

  const SystemClock clock;
  Logger logger(clock, name, settings->log_level, STDERR_FILENO);
  auto host = ServiceHost::Start(*settings, make, clock, logger);
  if (!host.ok()) {
    const bool locked = ErrorReason(host.status()) == "DATABASE_LOCKED";
    return Fail(name, host.status(), locked ? kExitLocked : kExitFailure);
  }
  logger.Log(LogLevel::kInfo, "serving", {{"port", (*host)->port()}});
  // SIGUSR1 asks for a backup, as './crm backup' does.
  const int signal = signals.Wait([&] { (*host)->BackUpSoon(); });
  logger.Log(LogLevel::kInfo, "stopping", {{"signal", signal}});
  (*host)->BeginStop();
  signals.WaitFor(settings->drain_delay);
  {
    const Watchdog watchdog(settings->drain + kStopMargin,
                            [](int code) { _exit(code); });
    signals.While([&] { (*host)->Stop(); }, [&] { (*host)->Hurry(); });
  }
  logger.Log(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace crm
