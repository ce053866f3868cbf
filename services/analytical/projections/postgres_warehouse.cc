#include "services/analytical/projections/postgres_warehouse.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/analytical/projections/postgres_tables.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/storage/postgres/postgres_database.h"

namespace crm::analytical {
namespace {

// How long a step may take, and how long a change of everything.
constexpr absl::Duration kWriteTimeout = absl::Seconds(30);
constexpr absl::Duration kLongTimeout = absl::Minutes(10);

// The longest read; the caller's deadline usually ends it sooner.
constexpr absl::Duration kReadLimit = absl::Minutes(5);

// How soon the work of other replicas is seen by who waits for it.
constexpr absl::Duration kPollInterval = absl::Milliseconds(20);

// How many rows one INSERT takes.
constexpr size_t kRowsAtATime = 250;

// Passes on to a transaction.
class FactWriter final : public WarehouseWriter {
 public:
  explicit FactWriter(SqlWriter& writer) : writer_(writer) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    return writer_.Query(sql, params);
  }
  absl::StatusOr<int64_t> Execute(
      absl::string_view sql, const std::vector<SqlValue>& params) override {
    return writer_.Execute(sql, params);
  }
  absl::Status Post(absl::string_view sql,
                    const std::vector<SqlValue>& params) override {
    return writer_.Post(sql, params);
  }
  absl::Status Append(const FactTable& table,
                      absl::Span<const SqlRow> rows) override {
    while (!rows.empty()) {
      const auto some = rows.first(std::min(rows.size(), kRowsAtATime));
      std::vector<SqlValue> params;
      params.reserve(some.size() * table.columns.size());
      for (const SqlRow& row : some) {
        params.insert(params.end(), row.begin(), row.end());
      }
      CRM_RETURN_IF_ERROR(
          writer_.Post(InsertFactsSql(table, some.size()), params));
      rows.remove_prefix(some.size());
    }
    return absl::OkStatus();
  }

  const WarehouseDialect& dialect() const override {
    return kPostgresWarehouse;
  }

 private:
  SqlWriter& writer_;
};

// Reads one of the two sets of tables in a transaction that sees both.
class TablesReader final : public SqlReader {
 public:
  TablesReader(SqlWriter& writer, absl::string_view schema)
      : writer_(writer), enter_(EnterTables(schema)) {}

  absl::StatusOr<SqlRows> Query(absl::string_view sql,
                                const std::vector<SqlValue>& params) override {
    CRM_RETURN_IF_ERROR(writer_.Post(enter_.text, enter_.params));
    return writer_.Query(sql, params);
  }

 private:
  SqlWriter& writer_;
  const EnterSql enter_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Warehouse>> PostgresWarehouse::Open(
    const SharedStoreAddress& address, const Clock& clock) {
  CRM_ASSIGN_OR_RETURN(std::unique_ptr<Database> opened,
                       OpenPostgres({.uri = address.uri,
                                     .password = address.password,
                                     .password_file = address.password_file,
                                     .schema = WarehouseSchema(),
                                     .clock = &clock,
                                     .readers = 4,
                                     .read_limit = kReadLimit}));
  const std::shared_ptr<Database> database = std::move(opened);
  CRM_RETURN_IF_ERROR(database->Migrate(SharedTables()).status());
  CRM_RETURN_IF_ERROR(
      database->WriteAndWait(clock.Now() + kLongTimeout, MakeWarehouseTables));
  return std::unique_ptr<Warehouse>(
      new PostgresWarehouse(database, clock, nullptr));
}

PostgresWarehouse::PostgresWarehouse(std::shared_ptr<Database> database,
                                     const Clock& clock,
                                     std::unique_ptr<PostgresShadow> shadow)
    : Warehouse(clock, kPollInterval),
      database_(std::move(database)),
      clock_(clock),
      ids_(clock),
      shadow_(std::move(shadow)) {}

absl::Status PostgresWarehouse::Read(absl::Time deadline, ReadBody body) {
  const EnterSql enter = Enter();
  return database_->Read(deadline, [&](SqlReader& reader) -> absl::Status {
    CRM_RETURN_IF_ERROR(reader.Query(enter.text, enter.params).status());
    return body(reader);
  });
}

absl::Status PostgresWarehouse::Write(const WarehouseChange& change,
                                      WriteBody body) {
  const absl::Duration timeout =
      change.everything ? kLongTimeout : kWriteTimeout;
  const EnterSql enter = Enter();
  const auto run = [&](SqlWriter& sql) -> absl::Status {
    CRM_RETURN_IF_ERROR(sql.Post(enter.text, enter.params));
    FactWriter writer(sql);
    CRM_RETURN_IF_ERROR(body(writer));
    for (const std::string& tenant : change.tenants) {
      CRM_RETURN_IF_ERROR(CountTenantChange(sql, tenant, change.partition));
    }
    return change.everything ? CountChange(sql) : absl::OkStatus();
  };
  CRM_RETURN_IF_ERROR(shadow_ == nullptr
                          ? database_->WriteAndWait(clock_.Now() + timeout, run)
                          : shadow_->Write(timeout, run));
  TellOfChange();
  return absl::OkStatus();
}

absl::StatusOr<ChangeMark> PostgresWarehouse::Mark(const std::string& tenant,
                                                   absl::Time deadline) {
  SqlRows rows;
  CRM_RETURN_IF_ERROR(Read(deadline, [&](SqlReader& reader) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(rows, reader.Query(kChangesSql, {tenant}));
    return absl::OkStatus();
  }));
  if (rows.size() != 1) {
    return Internal("WAREHOUSE_STATE", "The warehouse has no state.");
  }
  return ChangeMark{std::get<int64_t>(rows[0][0]),
                    std::get<int64_t>(rows[0][1])};
}

absl::StatusOr<std::unique_ptr<Warehouse>> PostgresWarehouse::OpenShadow() {
  auto shadow =
      std::make_unique<PostgresShadow>(*database_, clock_, ids_.NewId());
  CRM_RETURN_IF_ERROR(shadow->Begin());
  return std::unique_ptr<Warehouse>(
      new PostgresWarehouse(database_, clock_, std::move(shadow)));
}

absl::Status PostgresWarehouse::Adopt(Warehouse& shadow,
                                      MayReplace may_replace) {
  PostgresShadow& next = *static_cast<PostgresWarehouse&>(shadow).shadow_;
  std::string old;
  CRM_RETURN_IF_ERROR(
      next.Write(kWriteTimeout, [&](SqlWriter& writer) -> absl::Status {
        // Read in this transaction, like the positions: it does not commit if
        // another changes either.
        CRM_ASSIGN_OR_RETURN(old, LiveTables(writer));
        TablesReader live(writer, old);
        TablesReader replacing(writer, next.tables());
        CRM_RETURN_IF_ERROR(may_replace(live, replacing));
        return SwitchTo(writer, next.tables());
      }));
  next.Adopted(std::move(old));
  TellOfChange();
  return absl::OkStatus();
}

EnterSql PostgresWarehouse::Enter() const {
  return shadow_ == nullptr ? EnterLive() : EnterTables(shadow_->tables());
}

}  // namespace crm::analytical
