using Ingestion.Contracts.Specs;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class JavaRegexTests
{
    [Theory]
    [InlineData(@"([\s\S]*)", "a\nb é", true)]
    [InlineData(@"[\D]", "é", true)]
    [InlineData(@"[\D]", "7", false)]
    [InlineData(@"[\W]", "[", true)]
    [InlineData(@"[\W]", "_", false)]
    [InlineData(@"[\W]", "`", true)]
    [InlineData(@"[\S]", "\u00A0", true)] // a space to .NET, none to Java
    [InlineData(@"[\S]", "\v", false)]
    [InlineData(@"[^\S]", " ", true)]
    [InlineData(@"[^\S]", "x", false)]
    [InlineData(@"[\S7-9\d]", "!", true)]
    public void What_a_shorthand_leaves_may_stand_in_a_class(string pattern, string text, bool matches)
    {
        var regex = JavaRegex.TryWhole(pattern, out var problem);
        Assert.Equal("", problem);
        Assert.Equal(matches, regex!.IsMatch(text));
    }
}
