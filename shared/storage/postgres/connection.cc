#include "shared/storage/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "shared/base/errors.h"
#include "shared/storage/postgres/postgres_sql.h"
#include "shared/storage/postgres/postgres_value.h"
#include "shared/storage/statement_errors.h"

namespace crm {
namespace {

// How long a wait lasts before the interrupt is asked again.
constexpr int kPollMs = 50;

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultDeleter>;

std::string Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? "" : text;
}

PostgresDiagnostics DiagnosticsOf(const PGresult* result) {
  return {.sqlstate = Field(result, PG_DIAG_SQLSTATE),
          .message = Field(result, PG_DIAG_MESSAGE_PRIMARY),
          .detail = Field(result, PG_DIAG_MESSAGE_DETAIL),
          .table = Field(result, PG_DIAG_TABLE_NAME)};
}

// libpq ends its messages with a line break, and puts one between the hosts
// that it tried.
std::string OneLine(absl::string_view message) {
  return absl::StrJoin(absl::StrSplit(message, '\n', absl::SkipWhitespace()),
                       "; ");
}

}  // namespace

absl::Status CheckConnectionUri(const std::string& uri) {
  // Its error text would repeat parts of what may be a password.
  PQconninfoOption* options = PQconninfoParse(uri.c_str(), nullptr);
  if (options == nullptr) {
    return InvalidArgument("BAD_CONFIG",
                           "The URI of the store cannot be read; write it as "
                           "postgres://user@host:5432/database?setting=value.");
  }
  bool has_password = false;
  for (const PQconninfoOption* option = options; option->keyword != nullptr;
       ++option) {
    has_password |= absl::string_view(option->keyword) == "password" &&
                    option->val != nullptr;
  }
  PQconninfoFree(options);
  if (!has_password) return absl::OkStatus();
  return InvalidArgument("BAD_CONFIG",
                         "The URI of the store holds a password. Put that into "
                         "a file of its own, which only the service reads.");
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const PostgresAddress& address) {
  // What the address itself says comes later and so goes before these. A dead
  // peer is noticed within some seconds.
  std::vector<std::pair<const char*, const char*>> settings = {
      {"connect_timeout", "2"},
      {"keepalives", "1"},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "2"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "8000"},
      {"target_session_attrs", "read-write"},
      {"application_name", "crm"},
      {"dbname", address.dsn.c_str()},
      {"client_encoding", "UTF8"},
  };
  if (!address.password.empty()) {
    settings.emplace_back("password", address.password.c_str());
  }
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : settings) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* raw = PQconnectdbParams(keywords.data(), values.data(),
                                  /*expand_dbname=*/1);
  auto connection = std::unique_ptr<PostgresConnection>(
      new PostgresConnection(raw, address.schema));
  if (PQstatus(raw) != CONNECTION_OK) {
    return StorageUnreachable(OneLine(PQerrorMessage(raw)));
  }
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(raw, 1) != 0 || PQenterPipelineMode(raw) != 1) {
    return StorageUnreachable(OneLine(PQerrorMessage(raw)));
  }
  return connection;
}

PostgresConnection::PostgresConnection(PGconn* connection, std::string schema)
    : connection_(connection), schema_(std::move(schema)) {}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

void PostgresConnection::Send(absl::string_view sql,
                              const std::vector<SqlValue>& params) {
  Send(Sent::kStatement, sql, params);
}

void PostgresConnection::SendAsking(absl::string_view sql,
                                    const std::vector<SqlValue>& params) {
  Send(Sent::kQuestion, sql, params);
}

void PostgresConnection::Send(Sent kind, absl::string_view sql,
                              const std::vector<SqlValue>& params) {
  if (broken_) return;
  if (unsendable_.has_value()) {
    unsendable_->last = false;
    return;
  }
  const NumberedSql numbered = NumberParameters(sql);
  if (static_cast<size_t>(numbered.parameters) != params.size()) {
    unsendable_ = {PostgresFailure::kStatement,
                   StorageError(absl::StrCat("it has ", numbered.parameters,
                                             " parameters and got ",
                                             params.size(), " values")),
                   /*last=*/true};
    return;
  }
  const PostgresParameters parameters(params);
  const bool taken = preparing_ ? SendNamed(numbered.text, parameters)
                                : SendUnnamed(numbered.text, parameters);
  if (!taken) {
    if (PQstatus(connection_) != CONNECTION_OK) {
      Break(StorageUnreachable(OneLine(PQerrorMessage(connection_))));
    } else {
      unsendable_ = {PostgresFailure::kStatement,
                     StorageError(OneLine(PQerrorMessage(connection_))),
                     /*last=*/true};
    }
    return;
  }
  unread_.push_back(kind);
  ++round_;
}

bool PostgresConnection::SendUnnamed(const std::string& sql,
                                     const PostgresParameters& parameters) {
  return PQsendQueryParams(connection_, sql.c_str(), parameters.count(),
                           parameters.types(), parameters.values(),
                           parameters.lengths(), parameters.formats(),
                           /*resultFormat=*/1) == 1;
}

bool PostgresConnection::SendNamed(const std::string& sql,
                                   const PostgresParameters& parameters) {
  // The server reads the values by the types that it was told first.
  const absl::string_view types(
      reinterpret_cast<const char*>(parameters.types()),
      static_cast<size_t>(parameters.count()) * sizeof(unsigned int));
  auto [known, is_new] = prepared_.try_emplace(absl::StrCat(sql, types));
  std::string& name = known->second;
  if (is_new) {
    name = absl::StrCat("crm_", next_name_++);
    if (PQsendPrepare(connection_, name.c_str(), sql.c_str(),
                      parameters.count(), parameters.types()) != 1) {
      return false;
    }
    unread_.push_back(Sent::kStatement);
    ++round_;
  }
  return PQsendQueryPrepared(connection_, name.c_str(), parameters.count(),
                             parameters.values(), parameters.lengths(),
                             parameters.formats(), /*resultFormat=*/1) == 1;
}

void PostgresConnection::BeginPreparing() {
  // A transaction that failed may have left some, on whichever server process
  // this one is on.
  Send("DEALLOCATE ALL");
  prepared_.clear();
  preparing_ = true;
}

void PostgresConnection::Leave() {
  round_ = 0;
  unsendable_.reset();
  if (!broken_) EndRound();
}

void PostgresConnection::EndRound() {
  if (PQpipelineSync(connection_) != 1 || PQflush(connection_) < 0) {
    Break(StorageUnreachable(OneLine(PQerrorMessage(connection_))));
    return;
  }
  unread_.push_back(Sent::kRoundEnd);
}

absl::StatusOr<PostgresConnection::Reply> PostgresConnection::Finish(
    const Patience& patience) {
  ++waits_;
  const size_t round = std::exchange(round_, 0);
  const std::optional<Failure> unsendable =
      std::exchange(unsendable_, std::nullopt);
  if (!broken_) {
    failed_ = false;
    reply_ = Reply();
    answers_.clear();
    reply_bytes_ = 0;
    EndRound();
  }
  // Rounds that were left come first.
  size_t left = 0;
  for (const Sent sent : unread_) left += sent == Sent::kRoundEnd ? 0 : 1;
  left -= std::min(left, round);
  size_t read = 0;
  while (!broken_ && !unread_.empty()) {
    const Sent next = unread_.front();
    unread_.pop_front();
    if (next == Sent::kRoundEnd) {
      ReadRoundEnd(patience);
    } else if (left > 0) {
      --left;
      ReadStatement(patience, /*counts=*/false, /*last=*/false, nullptr);
    } else {
      const bool last = ++read == round;
      SqlRows* rows = last ? &reply_.rows : nullptr;
      if (next == Sent::kQuestion) rows = &answers_.emplace_back();
      ReadStatement(patience, /*counts=*/true, last, rows);
    }
  }
  if (!failed_ && unsendable.has_value()) {
    Fail(unsendable->kind, unsendable->status, unsendable->last);
  }
  if (failed_) return failure_.status;
  return std::move(reply_);
}

void PostgresConnection::ReadStatement(const Patience& patience, bool counts,
                                       bool last, SqlRows* rows) {
  // Row by row, so that a result that is too large is not kept in memory.
  PQsetSingleRowMode(connection_);
  while (PGresult* raw = NextResult(patience)) {
    const ResultPtr result(raw);
    switch (PQresultStatus(raw)) {
      case PGRES_SINGLE_TUPLE:
        if (rows != nullptr && !failed_) ReadRow(raw, last, *rows);
        break;
      case PGRES_TUPLES_OK:
      case PGRES_COMMAND_OK: {
        if (!last) break;
        reply_.tag = PQcmdStatus(raw);
        // Empty for commands that change no rows.
        if (!absl::SimpleAtoi(PQcmdTuples(raw), &reply_.changed)) {
          reply_.changed = 0;
        }
        break;
      }
      case PGRES_PIPELINE_ABORTED:
        break;
      default: {
        if (!counts) break;
        const PostgresDiagnostics diagnostics = DiagnosticsOf(raw);
        if (diagnostics.sqlstate.empty()) {
          // Made by libpq itself, because the connection is gone.
          Break(StorageUnreachable(OneLine(PQresultErrorMessage(raw))));
          return;
        }
        Fail(FailureOf(diagnostics), PostgresError(diagnostics), last);
      }
    }
  }
}

void PostgresConnection::ReadRoundEnd(const Patience& patience) {
  const ResultPtr result(NextResult(patience));
  if (broken_) return;
  if (result == nullptr ||
      PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC) {
    Break(StorageUnreachable("the server's answers are out of step"));
  }
}

PGresult* PostgresConnection::NextResult(const Patience& patience) {
  return AwaitResult(patience) ? PQgetResult(connection_) : nullptr;
}

bool PostgresConnection::AwaitResult(const Patience& patience) {
  while (!broken_) {
    const int unsent = PQflush(connection_);
    if (unsent >= 0 && PQisBusy(connection_) == 0) return true;
    if (unsent < 0 || PQstatus(connection_) != CONNECTION_OK) {
      Break(StorageUnreachable(OneLine(PQerrorMessage(connection_))));
      return false;
    }
    if (std::chrono::steady_clock::now() >= patience.until ||
        (patience.interrupted && patience.interrupted())) {
      Break(StatementTimeout());
      failure_.kind = PostgresFailure::kTimeout;
      return false;
    }
    pollfd wait = {
        .fd = PQsocket(connection_),
        .events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN),
        .revents = 0};
    poll(&wait, 1, kPollMs);
    if ((wait.revents & ~POLLOUT) != 0 && PQconsumeInput(connection_) != 1) {
      Break(StorageUnreachable(OneLine(PQerrorMessage(connection_))));
      return false;
    }
  }
  return false;
}

void PostgresConnection::ReadRow(const PGresult* result, bool last,
                                 SqlRows& rows) {
  if (rows.size() == kMaxRows || reply_bytes_ > kMaxResultBytes) {
    // The rest is read and dropped: the connection stays in step.
    rows.clear();
    Fail(PostgresFailure::kStatement, ResultTooLarge(), last);
    return;
  }
  SqlRow& row = rows.emplace_back();
  const int columns = PQnfields(result);
  row.reserve(static_cast<size_t>(columns));
  for (int column = 0; column < columns; ++column) {
    if (PQgetisnull(result, 0, column) == 1) {
      row.emplace_back();
      continue;
    }
    const absl::string_view bytes(
        PQgetvalue(result, 0, column),
        static_cast<size_t>(PQgetlength(result, 0, column)));
    reply_bytes_ += sizeof(SqlValue) + bytes.size();
    auto value = DecodeValue(PQftype(result, column), bytes);
    if (!value.ok()) {
      Fail(PostgresFailure::kStatement, value.status(), last);
      return;
    }
    row.push_back(*std::move(value));
  }
}

void PostgresConnection::Fail(PostgresFailure kind, absl::Status status,
                              bool last) {
  if (failed_) return;
  failed_ = true;
  failure_ = {kind, std::move(status), last};
  // The server has skipped what came after, which may have been prepared first.
  prepared_.clear();
}

void PostgresConnection::Break(absl::Status status) {
  broken_ = true;
  unread_.clear();
  failed_ = true;
  failure_ = {PostgresFailure::kLost, std::move(status), /*last=*/false};
}

bool PostgresConnection::Alive() {
  if (broken_) return false;
  if (round_ > 0) return true;
  // What there is to read is either answers that nobody waited for, or the
  // server's last words; the end itself comes after them.
  pollfd look = {.fd = PQsocket(connection_), .events = POLLIN, .revents = 0};
  while (poll(&look, 1, 0) > 0) {
    if (PQconsumeInput(connection_) != 1 ||
        PQstatus(connection_) != CONNECTION_OK) {
      Break(StorageUnreachable(OneLine(PQerrorMessage(connection_))));
      return false;
    }
  }
  return true;
}

}  // namespace crm
