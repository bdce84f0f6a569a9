using System.Text;
using Ingestion.IndexTask.Segment;

namespace Ingestion.IndexTask.Tests.Segment;

public class Utf16OrderTests
{
    private static readonly string[] Parts = ["", "a", "b", "\0", "\u007F", "\u0080", "é", "\u07FF", "\u0800", "日", "\uD7FF", "\uE000", "\uEFFF", "\uF000", "\uFFFF", "\U00010000", "\U0001F600", "\U0010FFFF"];

    [Fact]
    public void Utf8_bytes_compare_as_their_strings_do_in_Java()
    {
        var random = new Random(3);
        for (var i = 0; i < 200_000; i++)
        {
            var shared = Text(random);
            var (left, right) = (shared + Text(random), shared + Text(random));
            var (leftBytes, rightBytes) = (Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
            var expected = Math.Sign(string.CompareOrdinal(left, right));

            var actual = Math.Sign(Utf16Order.Compare(leftBytes, rightBytes));
            var byKey = Utf16Order.Key(leftBytes).CompareTo(Utf16Order.Key(rightBytes));
            Assert.True(actual == expected && (byKey == 0 || Math.Sign(byKey) == expected), $"[{left}] and [{right}]: {actual}, by key {byKey}, not {expected}");
        }
    }

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(6)).Select(_ => Parts[random.Next(Parts.Length)]));
}
