using System.Text;
using Ingestion.Access;
using Ingestion.Access.Tls;
using Ingestion.Access.Users;
using Ingestion.Overlord.Hosting;
using Ingestion.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Access;

public sealed class UsersTests
{
    private static readonly string Hash = SecretHash.OfPassword("secret", iterations: 10_000).ToString();

    [Fact]
    public void Password_and_token_match_their_hashes_and_nothing_else()
    {
        var password = SecretHash.Parse(Hash);
        var token = SecretHash.Parse(SecretHash.OfToken("token").ToString());
        Assert.Equal((true, false, false), (password.Matches("secret"), password.Matches("Secret"), password.Matches("")));
        Assert.Equal((true, false, true, false), (token.Matches("token"), token.Matches("token "), password.IsSlow, token.IsSlow));
        Assert.NotEqual(Hash, SecretHash.OfPassword("secret", iterations: 10_000).ToString());
        Assert.False(SecretHash.OfNothing(10_000).Matches("secret"));
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("sha256:abcd")]
    [InlineData("pbkdf2-sha256:10000:c2FsdA==:aGFzaA==")]
    [InlineData("pbkdf2-sha256:1:AAAAAAAAAAAAAAAAAAAAAA==:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void What_is_no_hash_is_refused_and_not_repeated(string text)
    {
        var message = Assert.Throws<FormatException>(() => SecretHash.Parse(text)).Message;
        Assert.StartsWith("is no hash of a secret, as `overlord hash-password` prints it", message, StringComparison.Ordinal);
        Assert.DoesNotContain(text, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wiki", "wiki", true)]
    [InlineData("wiki", "wiki2", false)]
    [InlineData("wiki*", "wiki", true)]
    [InlineData("*wiki", "en-wiki", true)]
    [InlineData("*wiki", "wiki-en", false)]
    [InlineData("a*b*c", "a1b2c", true)]
    [InlineData("a*b*c", "ab2", false)]
    [InlineData("aba*aba", "aba", false)]
    [InlineData("a*a*a", "aa", false)]
    [InlineData("*", "anything", true)]
    [InlineData("**", "anything", true)]
    public void Pattern_matches_whole_names(string pattern, string name, bool matches) => Assert.Equal(matches, new DataSourcePatterns([pattern]).Match(name));

    [Fact]
    public void Only_an_asterisk_alone_is_everything() => Assert.Equal((true, false), (new DataSourcePatterns(["a", "*"]).IsAll, new DataSourcePatterns(["a*"]).IsAll));

    [Fact]
    public void Users_are_read_with_what_they_may()
    {
        var users = Read($$"""{"users":[{"name":"ops","password":"{{Hash}}","read":["*"],"write":["wiki"]},{"name":"w","tokens":["{{SecretHash.OfToken("t")}}","{{SecretHash.OfToken("u")}}"],"internal":true}]}""");
        var (ops, worker) = (users.Find("ops")!, users.OfToken("u")!);
        Assert.Equal((true, true, true, false, false, false), (ops.May(Right.Read, "x"), ops.MayEverywhere(Right.Read), ops.May(Right.Write, "wiki"), ops.May(Right.Write, "x"), ops.MayEverywhere(Right.Write), ops.IsInternal));
        Assert.Equal(("w", true, false, "w"), (worker.Name, worker.IsInternal, worker.May(Right.Read, "x"), users.OfToken("t")!.Name));
        Assert.Null(users.OfToken("v"));
    }

    [Fact]
    public void Everything_that_is_wrong_with_a_users_file_is_said_at_once()
    {
        var json = $$"""{"users":[1,{"name":"a:b","password":"{{Hash}}"},{"name":"c","password":7,"reads":["*"],"read":"*","internal":"yes"},{"name":"d","tokens":["{{Hash}}"]}]}""";
        Assert.Equal(
            "users: $.users[0]: an object is expected; $.users[1].name: 1 to 255 characters are expected, no colon and no control characters; $.users[2].password: a text is expected; "
            + "$.users[2].reads: there is no such member; known are name, password, tokens, read, write, internal; $.users[2].read: an array of texts is expected; $.users[2].internal: true or false is expected; "
            + "$.users[3].tokens: a token's hash begins with sha256: (a password, which could be guessed, goes into \"password\")",
            Assert.Throws<FormatException>(() => Read(json)).Message);
    }

    [Theory]
    [InlineData("[]", """$: {"users":[...]} is expected""")]
    [InlineData("""{"users":[]}""", "$.users: there is none")]
    [InlineData("""{"users":[{"name":"a"}]}""", "$.users[0]: [a] has neither a password nor tokens")]
    public void Users_file_without_users_is_refused(string json, string message) => Assert.Equal($"users: {message}", Assert.Throws<FormatException>(() => Read(json)).Message);

    [Fact]
    public void Users_are_read_again_and_stay_as_they_were_where_that_goes_wrong()
    {
        var json = Ops("ann");
        var users = UserTable.Read(() => Encoding.UTF8.GetBytes(json), "the file");
        Assert.Equal(("ann", null), (users.Find("ann")?.Name, users.Find("bob")?.Name));
        json = Ops("bob");
        users.ReadAgain()();
        Assert.Equal((null, "bob"), (users.Find("ann")?.Name, users.Find("bob")?.Name));
        json = "oops";
        Assert.StartsWith("the file: it is no JSON", Assert.Throws<FormatException>(users.ReadAgain).Message, StringComparison.Ordinal);
        Assert.NotNull(users.Find("bob"));

        static string Ops(string name) => $$"""{"users":[{"name":"{{name}}","password":"{{Hash}}"}]}""";
    }

    [Theory]
    [InlineData("{\"users\":[{\"name\":\"J\u00f6rg\"}]}")]
    [InlineData("{\"users\":[{\"name\":\"J\\ud800rg\"}]}")]
    [InlineData("{\"users\":[{\"n\u00e4me\":\"a\"}]}")]
    public void Text_that_is_no_Unicode_is_a_mistake_in_the_file(string latin1) =>
        Assert.StartsWith("users: it is no JSON: ", Assert.Throws<FormatException>(() => UserTable.Read(() => Encoding.Latin1.GetBytes(latin1), "users")).Message, StringComparison.Ordinal);

    [Fact]
    public void Neither_users_nor_certificate_are_read_again_where_one_of_them_is_wrong()
    {
        var folder = Directory.CreateTempSubdirectory("reread-");
        try
        {
            var files = new AccessFiles(folder.FullName);
            var access = new AccessOptions { Users = UserTable.Read(() => File.ReadAllBytes(files.Users), "users"), Certificate = ServerCertificate.Read(files.Certificate, files.Key, password: null) };
            using var rereading = new Rereading(access, NullLogger<Rereading>.Instance);
            var before = access.Certificate.Certificate.Thumbprint;
            var other = new AccessFiles(Path.Combine(folder.FullName, "other"));
            File.WriteAllText(files.Users, $$"""{"users":[{"name":"ann","password":"{{Hash}}"}]}""");
            File.WriteAllText(files.Certificate, "oops");
            rereading.ReadAgain();
            Assert.Equal((AccessFiles.Operator, null, before), (access.Users.Find(AccessFiles.Operator)?.Name, access.Users.Find("ann")?.Name, access.Certificate.Certificate.Thumbprint));
            File.Copy(other.Certificate, files.Certificate, overwrite: true);
            File.Copy(other.Key, files.Key, overwrite: true);
            rereading.ReadAgain();
            Assert.Equal((null, "ann", true), (access.Users.Find(AccessFiles.Operator)?.Name, access.Users.Find("ann")?.Name, access.Certificate.Certificate.Thumbprint != before));
        }
        finally { folder.Delete(recursive: true); }
    }

    [Fact]
    public async Task Password_that_was_right_is_wrong_once_the_users_that_were_read_again_have_another()
    {
        var hash = Hash;
        var users = UserTable.Read(() => Encoding.UTF8.GetBytes($$"""{"users":[{"name":"ann","password":"{{hash}}"}]}"""), "the file");
        using var passwords = new Passwords(users);
        Assert.NotNull(await passwords.CheckAsync("ann", "secret", TestContext.Current.CancellationToken));
        Assert.NotNull(passwords.Remembered("ann", "secret"));
        hash = SecretHash.OfPassword("new", 10_000).ToString();
        users.ReadAgain()();
        Assert.Null(passwords.Remembered("ann", "secret"));
        Assert.Null(await passwords.CheckAsync("ann", "secret", TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Command_makes_entries_that_are_understood()
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        Assert.Equal(0, HashPassword.Run(["ops"], new StringReader("my secret\n"), output, errors));
        output.Write(",");
        Assert.Equal(0, HashPassword.Run(["cluster", "--token"], TextReader.Null, output, errors));
        var users = Read($$"""{"users":[{{output}}]}""");
        Assert.True(users.Find("ops")!.Password!.Matches("my secret"));
        Assert.Equal(("cluster", true), (users.OfToken(errors.ToString().Trim())!.Name, users.Find("cluster")!.IsInternal));
        Assert.DoesNotContain("my secret", output.ToString() + errors, StringComparison.Ordinal);
        Assert.Equal((2, 2, 2), (HashPassword.Run([], TextReader.Null, output, errors), HashPassword.Run(["--token"], TextReader.Null, output, errors), HashPassword.Run(["a"], TextReader.Null, output, errors)));
    }

    private static UserTable Read(string json) => UserTable.Read(() => Encoding.UTF8.GetBytes(json), "users");
}
