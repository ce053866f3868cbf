#include "services/host/process_metrics.h"

#include <numeric>

#include "shared/observe/metrics.h"

namespace crm {
namespace {

double Sum(const std::vector<int64_t>& values) {
  return static_cast<double>(
      std::accumulate(values.begin(), values.end(), int64_t{0}));
}

}  // namespace

std::string ExposeProcess(const std::string& service, const Database& database,
                          const Relay& relay,
                          const std::vector<const Consumer*>& consumers,
                          const Logger& logger) {
  // Numbers that others count are read when they are asked for, into a registry
  // of their own.
  MetricRegistry registry;
  const auto set = [&registry](const char* name, const char* help, double value,
                               const MetricLabels& labels) {
    registry.AddGauge(name, help, labels).Set(value);
  };
  const DatabaseStats stats = database.Stats();
  const MetricLabels own = {{"service", service}};
  set("crm_storage_writes", "Durable writes since the start.",
      static_cast<double>(stats.writes), own);
  set("crm_storage_commits", "Transactions that made them durable.",
      static_cast<double>(stats.commits), own);
  set("crm_storage_refused_writes", "Writes refused for overload or low disk.",
      static_cast<double>(stats.refused_writes), own);
  set("crm_log_lost_lines", "Lines of the log that could not be written.",
      static_cast<double>(logger.lost()), own);
  const RelayStats relayed = relay.Stats();
  set("crm_events_numbered", "Events that have a position.",
      Sum(relayed.numbered), own);
  set("crm_events_published", "Events that are in their stream.",
      Sum(relayed.published), own);
  set("crm_events_relay_lag", "Events that are not in their stream yet.",
      static_cast<double>(relayed.Lag()), own);
  set("crm_events_relay_partitions", "Partitions that this process leads.",
      static_cast<double>(relayed.leading), own);
  set("crm_events_relay_halted",
      "Partitions that stand still because the database lacks events that were "
      "in their feed.",
      static_cast<double>(relayed.halted), own);
  set("crm_events_relay_fenced_total",
      "Numberings refused because another process leads by then.",
      static_cast<double>(relayed.fenced), own);
  set("crm_events_trimmed_total", "Positions that the log became shorter.",
      static_cast<double>(relayed.trimmed), own);
  set("crm_events_expelled_total", "Consumers expelled for their silence.",
      static_cast<double>(relayed.expelled), own);
  for (const Consumer* consumer : consumers) {
    const ConsumerStats consumed = consumer->Stats();
    const MetricLabels labels = {{"service", service},
                                 {"producer", consumer->producer()}};
    set("crm_events_applied", "Events that were applied.",
        Sum(consumed.positions), labels);
    set("crm_events_consumer_lag", "Events known and not applied yet.",
        static_cast<double>(consumed.Lag()), labels);
    set("crm_events_parked", "Events parked since the start.",
        Sum(consumed.parked), labels);
    set("crm_events_parked_keys", "Ordering keys that are parked now.",
        static_cast<double>(consumed.parked_keys), labels);
    set("crm_events_gap_total",
        "Times that a stream lacked what the feed then gave.",
        static_cast<double>(consumed.gaps), labels);
    set("crm_events_consumer_fenced_total",
        "Steps refused because another process has the partition.",
        static_cast<double>(consumed.fenced), labels);
    set("crm_events_streaming", "1 while the streams are followed.",
        consumed.streaming ? 1 : 0, labels);
  }
  return registry.Expose();
}

}  // namespace crm
