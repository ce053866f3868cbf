#include "shared/auth/jwks/fetched_keys.h"

#include <unistd.h>

#include <atomic>

#include "shared/auth/jwks/https_get.h"
#include "shared/base/errors.h"
#include "tests/shared/auth/jwks/key_server.h"
#include "tests/shared/auth/verifier_fixture.h"

namespace crm {
namespace {

using ::crm::testing::Claims;
using ::crm::testing::Ed25519;
using ::crm::testing::Forge;
using ::crm::testing::Header;
using ::crm::testing::IsOk;
using ::crm::testing::IsRefusedFor;
using ::crm::testing::KeyServer;
using ::crm::testing::kNow;
using ::crm::testing::P256;
using ::crm::testing::ScratchFile;
using ::crm::testing::SignedText;
using ::crm::testing::StatusIs;
using ::crm::testing::With;
using ::nlohmann::json;

constexpr char kUrl[] = "https://idp.example.com/keys";

// A verifier over a file with the keys of one issuer, and the fetched keys of
// another.
class FetchedKeysTest : public ::testing::Test {
 protected:
  FetchedKeysTest() {
    file_.Write(json{{"keys", {Ed25519().Jwk("filed", "ed", "EdDSA")}}}.dump());
    keys_file_ = *KeySetFile::Open(file_.path(), clock_);
    Publish({"es"});
    keys_ = std::make_unique<FetchedKeys>(
        *keys_file_, KeyUrls{{"idp", kUrl}},
        [this](const std::string& url) {
          EXPECT_EQ(url, kUrl);
          ++fetches_;
          return published_;
        },
        clock_, logger_);
    verifier_ = std::make_unique<TokenVerifier>(
        TokenRules{.issuers = {"idp", "filed"}, .audience = "crm"}, *keys_,
        clock_);
  }

  // Publishes the P-256 key under these ids.
  void Publish(const std::vector<std::string>& ids) {
    json keys = json::array();
    for (const std::string& id : ids) {
      json entry = P256().Jwk("", id, "ES256");
      entry.erase("iss");
      keys.push_back(std::move(entry));
    }
    published_ = json{{"keys", keys}}.dump();
  }

  // Lets time pass, in which the issuer goes on giving tokens.
  void Pass(absl::Duration time) {
    clock_.Advance(time);
    issued_ += absl::ToInt64Seconds(time);
  }

  std::string TokenBy(const std::string& key_id,
                      const std::string& subject = "user:ada") {
    json claims = With(Claims(), "sub", subject);
    claims["iat"] = issued_;
    claims["exp"] = issued_ + 600;
    return Forge(P256(), "ES256", Header("ES256", key_id).dump(),
                 claims.dump());
  }

  absl::Status Verify(const std::string& token) {
    return verifier_->Verify(token).status();
  }

  FakeClock clock_{absl::FromUnixSeconds(kNow)};
  Logger logger_{clock_, "test", LogLevel::kError, STDERR_FILENO};
  int64_t issued_ = kNow;
  ScratchFile file_;
  std::unique_ptr<KeySetFile> keys_file_;
  absl::StatusOr<std::string> published_;
  int fetches_ = 0;
  std::unique_ptr<FetchedKeys> keys_;
  std::unique_ptr<TokenVerifier> verifier_;
};

TEST_F(FetchedKeysTest, TakesTokensOfBothOnceTheyAreFetched) {
  const std::string filed = Forge(Ed25519(), "EdDSA", Header().dump(),
                                  With(Claims(), "iss", "filed").dump());
  EXPECT_THAT(Verify(TokenBy("es")), IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(filed), IsOk());

  keys_->Advance();

  EXPECT_THAT(Verify(TokenBy("es")), IsOk());
  EXPECT_THAT(Verify(filed), IsOk());
}

TEST_F(FetchedKeysTest, AnIssuersKeysAreForItsOwnTokensAlone) {
  published_ = json{{"keys",
                     {P256().Jwk("filed", "es", "ES256"),
                      P256().Jwk("crm-services", "es2", "ES256")}}}
                   .dump();
  keys_->Advance();

  for (const char* issuer : {"filed", "crm-services"}) {
    for (const char* id : {"es", "es2"}) {
      EXPECT_THAT(Verify(Forge(P256(), "ES256", Header("ES256", id).dump(),
                               With(Claims(), "iss", issuer).dump())),
                  IsRefusedFor("TOKEN_KEY"))
          << issuer;
    }
  }
}

TEST_F(FetchedKeysTest, F16_TenThousandUnknownKeysFetchOnceAndHarmNoGoodToken) {
  keys_->Advance();
  ASSERT_THAT(Verify(TokenBy("es")), IsOk());
  for (int i = 0; i < 10'000; ++i) {
    const std::string text = SignedText(
        Header("ES256", absl::StrCat("unknown-", i)).dump(), Claims().dump());
    ASSERT_THAT(Verify(text + ".AAAA"), IsRefusedFor("TOKEN_KEY"));
    keys_->Advance();
  }

  EXPECT_EQ(fetches_, 2) << "the first one, and one for all of them";
  EXPECT_THAT(Verify(TokenBy("es", "user:bob")), IsOk());
}

TEST_F(FetchedKeysTest, TokensOfStrangersFetchNothing) {
  keys_->Advance();
  const std::string text = SignedText(Header("ES256", "x").dump(),
                                      With(Claims(), "iss", "stranger").dump());
  EXPECT_THAT(Verify(text + ".AAAA"), IsRefusedFor("TOKEN_ISSUER"));
  keys_->Advance();
  EXPECT_EQ(fetches_, 1);
}

TEST_F(FetchedKeysTest, F46_ANewKeyIsTakenAndAWithdrawnOneIsNot) {
  keys_->Advance();
  ASSERT_THAT(Verify(TokenBy("es")), IsOk());
  Publish({"es", "next"});
  EXPECT_THAT(Verify(TokenBy("next")), IsRefusedFor("TOKEN_KEY"));
  keys_->Advance();
  EXPECT_THAT(Verify(TokenBy("next")), IsOk());
  EXPECT_THAT(Verify(TokenBy("es")), IsOk());

  Publish({"next"});
  Pass(kKeyRefresh);
  keys_->Advance();

  // Nor does it matter that it was taken a moment ago.
  EXPECT_THAT(Verify(TokenBy("es")), IsRefusedFor("TOKEN_KEY"));
  EXPECT_THAT(Verify(TokenBy("next")), IsOk());
}

TEST_F(FetchedKeysTest, AnIssuerThatIsDownIsTrustedForADay) {
  keys_->Advance();
  published_ = Unavailable("FETCH_FAILED", "The issuer is down.");
  Pass(kMaxKeyAge);
  keys_->Advance();
  EXPECT_THAT(Verify(TokenBy("es")), IsOk());

  Pass(absl::Seconds(1));
  EXPECT_THAT(Verify(TokenBy("es")), IsRefusedFor("TOKEN_KEY"));
  Publish({"es"});
  Pass(kKeyRetry);
  keys_->Advance();

  EXPECT_THAT(Verify(TokenBy("es")), IsOk());
}

// The real clock, thread, and a server.
TEST(FetchedKeys, LearnsOfANewKeyByATokenThatNamesIt) {
  const SystemClock clock;
  Logger logger(clock, "test", LogLevel::kError, STDERR_FILENO);
  const ScratchFile file;
  file.Write(R"({"keys":[]})");
  const auto keys_file = *KeySetFile::Open(file.path(), clock);
  std::atomic<int> asked = 0;
  const KeyServer server(
      [&](const httplib::Request&, httplib::Response& response) {
        const char* id = asked++ == 0 ? "old" : "new";
        response.set_content(
            json{{"keys", {P256().Jwk("idp", id, "ES256")}}}.dump(),
            "application/json");
      });
  FetchedKeys keys(
      *keys_file, {{"idp", server.Url()}},
      [](const std::string& url) { return HttpsGet(url, {}); }, clock, logger);
  keys.Start();
  ASSERT_NE(keys.Get()->Find("idp", "old"), nullptr);

  keys.Miss("idp", "new");

  const absl::Time end = absl::Now() + absl::Seconds(20);
  while (keys.Get()->Find("idp", "new") == nullptr && absl::Now() < end) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_NE(keys.Get()->Find("idp", "new"), nullptr);
  EXPECT_EQ(asked, 2);
}

TEST(ParseKeyUrls, TakesUrlsOfKnownIssuers) {
  const auto urls =
      ParseKeyUrls({"https://idp.example.com=https://idp.example.com/keys?a=b",
                    "idp=http://localhost:1/keys"},
                   {"idp", "https://idp.example.com"});
  ASSERT_THAT(urls, IsOk());
  EXPECT_EQ(urls->at("https://idp.example.com"),
            "https://idp.example.com/keys?a=b");
  EXPECT_EQ(urls->at("idp"), "http://localhost:1/keys");
  EXPECT_THAT(ParseKeyUrls({}, {}), IsOk());

  for (const std::vector<std::string>& bad :
       std::vector<std::vector<std::string>>{
           {"idp"},
           {"=https://a.example/keys"},
           {"other=https://a.example/keys"},
           {"crm-services=https://a.example/keys"},
           {"idp=http://a.example/keys"},
           {"idp=https://a.example/1", "idp=https://a.example/2"}}) {
    EXPECT_THAT(ParseKeyUrls(bad, {"idp"}),
                StatusIs(absl::StatusCode::kInvalidArgument, "BAD_CONFIG"))
        << bad[0];
  }
}

}  // namespace
}  // namespace crm
