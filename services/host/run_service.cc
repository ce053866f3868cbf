#include "services/host/run_service.h"

#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>
#include <utility>

#include "google/protobuf/stubs/logging.h"
#include "services/host/service_host.h"
#include "services/host/settings.h"
#include "services/host/store_commands.h"
#include "shared/base/errors.h"
#include "shared/base/process.h"
#include "shared/redis/connection.h"
#include "shared/rpc/tls_credentials.h"
#include "unistd.h"

namespace crm {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitBadConfig = 2;
// EX_TEMPFAIL: another process holds the store, and may let go of it.
constexpr int kExitLocked = 75;

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
  // Every thread inherits the mask, so signals come to this one alone.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const SystemClock clock;
  Logger logger(clock, name, settings->log_level, STDERR_FILENO);
  auto host = ServiceHost::Start(*settings, make, clock, logger);
  if (!host.ok()) {
    const bool locked = ErrorReason(host.status()) == "DATABASE_LOCKED";
    return Fail(name, host.status(), locked ? kExitLocked : kExitFailure);
  }
  logger.Log(LogLevel::kInfo, "serving", {{"port", (*host)->port()}});
  int signal = 0;
  sigwait(&signals, &signal);
  // SIGUSR1 asks for a backup, as './crm backup' does.
  while (signal == SIGUSR1) {
    (*host)->BackUpSoon();
    sigwait(&signals, &signal);
  }
  logger.Log(LogLevel::kInfo, "stopping", {{"signal", signal}});
  (*host)->Stop();
  logger.Log(LogLevel::kInfo, "stopped");
  return 0;
}

}  // namespace crm
