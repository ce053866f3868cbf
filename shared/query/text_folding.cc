#include "shared/query/text_folding.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

#include <array>

#include "absl/strings/ascii.h"

namespace crm {
namespace {

// The scripts beside Latin whose letters look like Latin ones: Greek, Cyrillic,
// Armenian.
constexpr UChar32 kFirst = 0x370;
constexpr UChar32 kLast = 0x58F;
constexpr UChar32 kFirstAccent = 0x300;
constexpr UChar32 kLastAccent = 0x36F;

// Returns the ASCII letter, in lower case, that `character` looks like; 0 if it
// looks like none.
char16_t LatinOf(const USpoofChecker* checker, UChar32 character) {
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString skeleton;
  uspoof_getSkeletonUnicodeString(checker, 0, icu::UnicodeString(character),
                                  skeleton, &error);
  if (U_FAILURE(error) || skeleton.length() != 1) return 0;
  const UChar32 latin = u_tolower(skeleton.char32At(0));
  return latin >= 'a' && latin <= 'z' ? static_cast<char16_t>(latin) : 0;
}

using LookAlikes = std::array<char16_t, kLast - kFirst + 1>;

// A letter is judged by itself and by its capital, so that both fold alike.
LookAlikes MakeLookAlikes() {
  LookAlikes latin = {};
  UErrorCode error = U_ZERO_ERROR;
  USpoofChecker* checker = uspoof_open(&error);
  if (U_FAILURE(error)) return latin;
  for (UChar32 c = kFirst; c <= kLast; ++c) {
    if (!u_isalpha(c)) continue;
    char16_t& letter = latin[static_cast<size_t>(c - kFirst)];
    letter = LatinOf(checker, c);
    if (letter == 0) letter = LatinOf(checker, u_toupper(c));
  }
  uspoof_close(checker);
  return latin;
}

UChar32 LatinLookAlike(UChar32 c) {
  static const LookAlikes kLatin = MakeLookAlikes();
  if (c < kFirst || c > kLast) return c;
  const char16_t latin = kLatin[static_cast<size_t>(c - kFirst)];
  return latin == 0 ? c : latin;
}

bool IsKept(UChar32 c) {
  return u_isalnum(c) || u_ispunct(c) ||
         (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_S_MASK)) != 0;
}

// Normalizers are ICU's own, made once and shared.
icu::UnicodeString Normalized(const icu::Normalizer2* normalizer,
                              const icu::UnicodeString& text,
                              UErrorCode& error) {
  return U_FAILURE(error) ? text : normalizer->normalize(text, error);
}

bool IsPlain(absl::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0x80) != 0) return false;
  }
  return true;
}

// FoldText() of ASCII, whose printable characters but the space are all kept.
std::string FoldAscii(absl::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  bool gap = false;
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      gap = true;
      continue;
    }
    if (gap && !folded.empty()) folded.push_back(' ');
    gap = false;
    folded.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return folded;
}

}  // namespace

std::string FoldText(absl::string_view text) {
  if (IsPlain(text)) return FoldAscii(text);
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString folded = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  const auto* casefold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  folded = Normalized(casefold, folded, error);
  // Apart, so that accents are characters of their own.
  const auto* decompose = icu::Normalizer2::getNFDInstance(error);
  folded = Normalized(decompose, folded, error);

  icu::UnicodeString result;
  bool gap = false;
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    if (c >= kFirstAccent && c <= kLastAccent) continue;
    if (!IsKept(c)) {
      gap = true;
      continue;
    }
    if (gap && !result.isEmpty()) result.append(u' ');
    gap = false;
    result.append(LatinLookAlike(c));
  }
  std::string out;
  result.toUTF8String(out);
  return out;
}

}  // namespace crm
