// The gateway's program: reads settings, serves until SIGTERM or SIGINT.

#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/app.h"
#include "gateway/settings.h"
#include "shared/base/clock.h"
#include "shared/base/config.h"
#include "shared/base/process.h"
#include "shared/base/status_macros.h"
#include "shared/observe/log.h"

namespace crm::gateway {
namespace {

// Blocks the signals that end the program in this thread and those it starts,
// so that one of them can wait for them, and ignores what ends programs that do
// not ask for it: files that change are read anew without being told.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  return signals;
}

absl::Status Serve(const Settings& settings, bool only_check) {
  KeepMemoryPrivate();
  const SystemClock clock;
  Logger logger(clock, "gateway", settings.log_level, STDERR_FILENO);
  const sigset_t signals = BlockStopSignals();
  CRM_ASSIGN_OR_RETURN(const std::unique_ptr<GatewayApp> app,
                       GatewayApp::Create(settings, clock, logger));
  if (only_check) return absl::OkStatus();
  CRM_RETURN_IF_ERROR(app->Listen());
  logger.Log(LogLevel::kInfo, "serving",
             {{"port", app->port()}, {"admin_port", app->admin_port()}});
  std::thread stopper([&signals, &app] {
    int signal = 0;
    sigwait(&signals, &signal);
    app->Stop();
  });
  app->Run();
  stopper.join();
  logger.Log(LogLevel::kInfo, "stopped");
  return absl::OkStatus();
}

absl::Status Main(int argc, char** argv) {
  const ConfigReader reader = GatewayConfig();
  CRM_ASSIGN_OR_RETURN(const Config config,
                       reader.Read(argc, argv, environ, ForeignPrefixes()));
  switch (config.action()) {
    case Config::Action::kHelp:
      std::cout << reader.Help();
      return absl::OkStatus();
    case Config::Action::kPrintConfig:
      std::cout << config.Print();
      return absl::OkStatus();
    case Config::Action::kCheckConfig:
    case Config::Action::kRun:
      break;
  }
  CRM_ASSIGN_OR_RETURN(const Settings settings, ReadSettings(config));
  return Serve(settings, config.action() == Config::Action::kCheckConfig);
}

}  // namespace
}  // namespace crm::gateway

int main(int argc, char** argv) {
  const absl::Status status = crm::gateway::Main(argc, argv);
  if (status.ok()) return 0;
  std::cerr << "gateway: " << status.message() << "\n";
  return 1;
}
