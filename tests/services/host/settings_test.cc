#include "services/host/settings.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/matchers.h"
#include "tests/support/test_authority.h"

namespace crm {
namespace {

using ::crm::testing::IsOk;
using ::crm::testing::ScratchFolder;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

class SettingsTest : public ::testing::Test {
 protected:
  // Reads the settings of a service from environment variables.
  absl::StatusOr<HostSettings> Read(std::vector<std::string> environment,
                                    const char* service = "operational") {
    std::vector<const char*> variables;
    for (const std::string& each : environment) {
      variables.push_back(each.c_str());
    }
    variables.push_back(nullptr);
    const char* arguments[] = {service};
    const auto config = DeclareSettings(service).Read(
        1, arguments, variables.data(), ForeignPrefixes(service));
    if (!config.ok()) return config.status();
    return ReadSettings(service, *config);
  }

  // What has no default, with a secret of `secret_bytes`.
  std::vector<std::string> Required(size_t secret_bytes = 32) {
    std::ofstream(folder_.File("secret")) << std::string(secret_bytes, 's');
    chmod(folder_.File("secret").c_str(), 0600);
    return {"CRM_TOKEN_JWKS_FILE=/keys.json", "CRM_TOKEN_AUDIENCE=crm",
            absl::StrCat("CRM_SECRET_FILE=", folder_.File("secret"))};
  }

  std::vector<std::string> RequiredAnd(const std::string& more) {
    std::vector<std::string> all = Required();
    all.push_back(more);
    return all;
  }

  ScratchFolder folder_;
};

TEST_F(SettingsTest, KeysOfKnownIssuersAreFetchedOverTls) {
  std::vector<std::string> all = Required();
  all.push_back("CRM_TOKEN_ISSUERS=idp");
  all.push_back("CRM_TOKEN_JWKS_URLS=idp=https://idp.example.com/keys");
  const auto settings = Read(all);
  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->token_keys.file, "/keys.json");
  EXPECT_EQ(settings->token_keys.urls.at("idp"),
            "https://idp.example.com/keys");

  for (const char* bad : {"idp=http://idp.example.com/keys", "idp",
                          "stranger=https://idp.example.com/keys"}) {
    all.back() = absl::StrCat("CRM_TOKEN_JWKS_URLS=", bad);
    const auto refused = Read(all);
    EXPECT_THAT(refused,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
    EXPECT_THAT(std::string(refused.status().message()),
                HasSubstr("CRM_TOKEN_JWKS_URLS"));
  }
}

TEST_F(SettingsTest, ReadsOfPrivilegedCallersAreAuditedUnlessToldOtherwise) {
  EXPECT_EQ(Read(Required())->audited_reads, ReadLog::Recorded::kPrivileged);
  EXPECT_EQ(Read(RequiredAnd("CRM_AUDIT_READS=everyone"))->audited_reads,
            ReadLog::Recorded::kEveryone);
  EXPECT_THAT(Read(RequiredAnd("CRM_AUDIT_READS=nobody")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
}

TEST_F(SettingsTest, DefaultsAreThoseOfOneMachine) {
  const auto settings = Read(Required());

  ASSERT_THAT(settings, IsOk());
  EXPECT_EQ(settings->service, "operational");
  EXPECT_EQ(settings->listen, "127.0.0.1:9101");
  EXPECT_EQ(settings->metrics_listen, "127.0.0.1:9201");
  EXPECT_EQ(settings->redis_cache, "127.0.0.1:6401");
  EXPECT_EQ(settings->redis_bus, "127.0.0.1:6402");
  EXPECT_EQ(settings->addresses.at("collaborative"), "127.0.0.1:9103");
  EXPECT_EQ(settings->min_free_bytes, int64_t{512} << 20);
  EXPECT_EQ(settings->secret.size(), 32u);
  EXPECT_THAT(settings->roles, HasSubstr("tenant_admin"));
  EXPECT_EQ(settings->admission.rates.at("interactive").burst, 200);
  EXPECT_EQ(settings->admission.rates.at("search").per_second, 20);
  EXPECT_EQ(settings->admission.rates.at("export").burst, 2);
  EXPECT_EQ(settings->admission.replicas, 1);
  EXPECT_EQ(settings->drain_delay, absl::ZeroDuration());
}

TEST_F(SettingsTest, RatesAreTurnedOffAndTenantsWeighed) {
  std::vector<std::string> environment = Required();
  environment.push_back("CRM_RATE_LIMITS=");
  environment.push_back("CRM_DRAIN_DELAY=5s");
  environment.push_back("CRM_TENANT_WEIGHTS=acme=4,other=0.5");
  const auto settings = Read(environment);

  ASSERT_THAT(settings, IsOk());
  EXPECT_TRUE(settings->admission.rates.empty());
  EXPECT_EQ(settings->admission.weights.at("acme"), 4);
  EXPECT_EQ(settings->admission.weights.at("other"), 0.5);
  EXPECT_EQ(settings->drain_delay, absl::Seconds(5));
}

TEST_F(SettingsTest, TheDatabaseIsAFileOrOnAServer) {
  EXPECT_EQ(Read(Required())->database, "");
  EXPECT_EQ(Read(RequiredAnd("CRM_OPERATIONAL_DATABASE=sqlite:"))->database,
            "");
  EXPECT_EQ(Read(RequiredAnd("CRM_OPERATIONAL_DATABASE=postgres://crm@db/crm"))
                ->database,
            "postgres://crm@db/crm");

  const auto other =
      Read(RequiredAnd("CRM_OPERATIONAL_DATABASE=mysql://crm@db/crm"));
  EXPECT_THAT(other,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
  EXPECT_THAT(std::string(other.status().message()),
              HasSubstr("CRM_OPERATIONAL_DATABASE"));
}

TEST_F(SettingsTest, ThePasswordOfTheDatabaseComesFromAFileAndIsNeverShown) {
  std::ofstream(folder_.File("password")) << "s3cret word\n";
  std::vector<std::string> environment =
      RequiredAnd("CRM_OPERATIONAL_DATABASE=postgres://crm@db/crm");
  environment.push_back(absl::StrCat("CRM_OPERATIONAL_DATABASE_PASSWORD_FILE=",
                                     folder_.File("password")));

  EXPECT_EQ(Read(environment)->database_password, "s3cret word");
  for (const char* uri :
       {"postgres://crm:s3cret@db/crm", "postgres://crm@db/crm?password=s3cret",
        "postgres://crm:s3cret@db:wrong port/crm"}) {
    const auto settings =
        Read(RequiredAnd(absl::StrCat("CRM_OPERATIONAL_DATABASE=", uri)));
    EXPECT_THAT(settings,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
    EXPECT_THAT(std::string(settings.status().message()),
                Not(HasSubstr("s3cret")));
  }
}

TEST_F(SettingsTest, TheWarehouseIsAFileOrOnAServer) {
  std::ofstream(folder_.File("password")) << "s3cret word\n";
  const auto read = [this](std::vector<std::string> more) {
    std::vector<std::string> all = Required();
    all.insert(all.end(), more.begin(), more.end());
    return Read(all, "analytical");
  };
  EXPECT_EQ(read({})->warehouse, "");
  EXPECT_EQ(read({"CRM_ANALYTICAL_WAREHOUSE=duckdb:"})->warehouse, "");

  const auto own =
      read({"CRM_ANALYTICAL_WAREHOUSE=postgres://crm@big/warehouse",
            absl::StrCat("CRM_ANALYTICAL_WAREHOUSE_PASSWORD_FILE=",
                         folder_.File("password"))});
  ASSERT_THAT(own, IsOk());
  EXPECT_EQ(own->warehouse, "postgres://crm@big/warehouse");
  EXPECT_EQ(own->warehouse_password, "s3cret word");
  EXPECT_EQ(own->database, "");

  const auto beside =
      read({"CRM_ANALYTICAL_WAREHOUSE=database",
            "CRM_ANALYTICAL_DATABASE=postgres://crm@db/crm",
            absl::StrCat("CRM_ANALYTICAL_DATABASE_PASSWORD_FILE=",
                         folder_.File("password"))});
  ASSERT_THAT(beside, IsOk());
  EXPECT_EQ(beside->warehouse, "postgres://crm@db/crm");
  EXPECT_EQ(beside->warehouse_password, "s3cret word");
}

TEST_F(SettingsTest, AWarehouseNowhereIsAnErrorThatSaysSo) {
  for (const char* value : {"database", "mysql://crm@db/crm", "warehouse.db",
                            "postgres://crm:s3cret@db/crm"}) {
    const auto settings =
        Read(RequiredAnd(absl::StrCat("CRM_ANALYTICAL_WAREHOUSE=", value)),
             "analytical");
    EXPECT_THAT(settings,
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"))
        << value;
    EXPECT_THAT(std::string(settings.status().message()),
                HasSubstr("CRM_ANALYTICAL_WAREHOUSE"));
    EXPECT_THAT(std::string(settings.status().message()),
                Not(HasSubstr("s3cret")));
  }
}

TEST_F(SettingsTest, OnlyTheAnalyticalServiceHasAWarehouse) {
  EXPECT_THAT(Read(RequiredAnd("CRM_OPERATIONAL_WAREHOUSE=duckdb:")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
}

TEST_F(SettingsTest, UnknownNamesAreErrorsThatNameThem) {
  const auto settings = Read(RequiredAnd("CRM_OPERATIONAL_LISTN=0.0.0.0:1"));

  EXPECT_THAT(settings,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
  EXPECT_THAT(std::string(settings.status().message()),
              HasSubstr("CRM_OPERATIONAL_LISTN"));
}

TEST_F(SettingsTest, SettingsOfOtherProgramsAreLeftAlone) {
  EXPECT_THAT(Read(RequiredAnd("CRM_GATEWAY_LISTEN=127.0.0.1:8080")), IsOk());
}

TEST_F(SettingsTest, WhatIsRequiredIsNamed) {
  const auto settings = Read({});

  EXPECT_THAT(settings,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
  for (const char* name :
       {"CRM_TOKEN_JWKS_FILE", "CRM_TOKEN_AUDIENCE", "CRM_SECRET_FILE"}) {
    EXPECT_THAT(std::string(settings.status().message()), HasSubstr(name));
  }
}

TEST_F(SettingsTest, AShortSecretIsRefused) {
  const auto settings = Read(Required(/*secret_bytes=*/31));

  EXPECT_THAT(settings,
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"));
  EXPECT_THAT(std::string(settings.status().message()),
              HasSubstr("CRM_SECRET_FILE"));
}

TEST_F(SettingsTest, ASecretThatEverybodyMayReadIsRefused) {
  const std::vector<std::string> required = Required();
  chmod(folder_.File("secret").c_str(), 0644);

  EXPECT_THAT(Read(required), StatusIs(absl::StatusCode::kFailedPrecondition,
                                       "FILE_NOT_PRIVATE"));
}

TEST_F(SettingsTest, FilesThatAreMissingAreNamed) {
  EXPECT_THAT(Read(RequiredAnd("CRM_ROLES_FILE=/no/such/file")),
              StatusIs(absl::StatusCode::kNotFound, "FILE_MISSING"));
}

TEST_F(SettingsTest, ValuesOutOfRangeAreRefused) {
  const std::pair<const char*, const char*> kCases[] = {
      {"CRM_DISK_MIN_FREE_FRACTION=1", "BAD_CONFIG"},
      {"CRM_DISK_MIN_FREE_FRACTION=nan", "BAD_CONFIG"},
      {"CRM_DISK_MIN_FREE_MIB=-1", "BAD_SETTING"},
      {"CRM_DRAIN=never", "BAD_SETTING"},
      {"CRM_RATE_LIMITS=lots", "BAD_CONFIG"},
      {"CRM_REPLICAS=0", "BAD_SETTING"},
      {"CRM_TENANT_WEIGHTS=acme=0", "BAD_CONFIG"},
      {"CRM_TENANT_WEIGHTS=acme", "BAD_CONFIG"},
  };
  for (const auto& [setting, reason] : kCases) {
    EXPECT_THAT(Read(RequiredAnd(setting)).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, reason))
        << setting;
  }
}

}  // namespace
}  // namespace crm
