using System.Net;
using Ingestion.Access.Http;
using Ingestion.Access.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingestion.Overlord.Tests.Access;

public sealed class DoorkeeperTests : IDisposable
{
    private static readonly IPAddress Here = IPAddress.Parse("10.0.0.1"), There = IPAddress.Parse("10.0.0.2");
    private readonly HandClock clock = new();
    private readonly FailureLimit limit;
    private readonly Passwords passwords;
    private readonly Doorkeeper doorkeeper;

    public DoorkeeperTests()
    {
        var users = new UserTable([
            new User { Name = "ann", Password = SecretHash.OfPassword("right", 10_000) },
            new User { Name = "bob", Password = SecretHash.OfPassword("right", 10_000) },
            new User { Name = "worker", Tokens = [SecretHash.OfToken("token")] }]);
        (limit, passwords) = (new FailureLimit(clock), new Passwords(users, SecretHash.OfNothing(10_000)));
        doorkeeper = new Doorkeeper(users, passwords, limit, NullLogger<Doorkeeper>.Instance);
    }

    public void Dispose() => passwords.Dispose();

    [Fact]
    public async Task Password_is_worked_out_once_and_wrong_ones_each_time()
    {
        for (var i = 0; i < 3; i++) Assert.Equal("ann", await TryAsync("ann", "right"));
        Assert.Equal(1, passwords.Worked);
        for (var i = 0; i < 3; i++) Assert.Equal("refused", await TryAsync("ann", "wrong"));
        Assert.Equal("refused", await TryAsync("nobody", "wrong")); // as slowly
        Assert.Equal(5, passwords.Worked);
    }

    [Fact]
    public async Task Tokens_are_taken_as_bearers_and_as_passwords_of_their_owner()
    {
        Assert.Equal("worker", await TryAsync(new Credential.Bearer("token")));
        Assert.Equal("worker", await TryAsync("worker", "token"));
        Assert.Equal("refused", await TryAsync("ann", "token"));
        Assert.Equal("refused", await TryAsync(new Credential.Bearer("tokens")));
        Assert.Equal("refused", await TryAsync(new Credential.Unreadable()));
    }

    [Fact]
    public async Task Who_guesses_has_to_wait_from_that_address_and_for_that_name_until_the_window_is_over()
    {
        clock.Seconds = 5;
        for (var i = 0; i < FailureLimit.Most; i++) Assert.Equal("refused", await TryAsync("ann", $"wrong {i}"));
        clock.Seconds = 25;
        Assert.Equal("wait 40", await TryAsync("ann", "right"));
        Assert.Equal("wait 40", await TryAsync("bob", "right")); // the address
        Assert.Equal("wait 40", await TryAsync("ann", "right", There)); // the name
        Assert.Equal("bob", await TryAsync("bob", "right", There));
        Assert.Equal(FailureLimit.Most + 1, passwords.Worked); // those who wait cost nothing
        clock.Seconds = 65;
        Assert.Equal("ann", await TryAsync("ann", "right"));
    }

    [Fact]
    public async Task Who_is_known_at_an_address_is_not_shut_out_by_others_and_is_by_failures_of_their_own()
    {
        Assert.Equal("ann", await TryAsync("ann", "right"));
        for (var i = 0; i < FailureLimit.Most; i++) Assert.Equal("refused", await TryAsync("bob", "wrong"));
        for (var i = 0; i < FailureLimit.Most; i++) await TryAsync("ann", "wrong", There);
        Assert.Equal(("wait 60", "ann"), (await TryAsync("bob", "right"), await TryAsync("ann", "right")));
        for (var i = 0; i < FailureLimit.Most; i++) Assert.Equal("refused", await TryAsync("ann", "wrong"));
        Assert.Equal("wait 60", await TryAsync("ann", "right"));
    }

    [Fact]
    public async Task Right_tokens_are_taken_whatever_came_before_and_wrong_ones_are_counted()
    {
        for (var i = 0; i < FailureLimit.Most; i++) Assert.Equal("refused", await TryAsync(new Credential.Bearer("old")));
        Assert.Equal(("wait 60", "worker"), (await TryAsync(new Credential.Bearer("old")), await TryAsync(new Credential.Bearer("token"))));
    }

    [Fact]
    public async Task Addresses_of_one_IPv6_network_are_one()
    {
        for (var i = 0; i < FailureLimit.Most; i++) Assert.Equal("refused", await TryAsync("ann", "wrong", IPAddress.Parse($"2001:db8::{i:x}")));
        Assert.Equal("wait 60", await TryAsync("bob", "right", IPAddress.Parse("2001:db8::ffff")));
        Assert.Equal("bob", await TryAsync("bob", "right", IPAddress.Parse("2001:db8:0:1::1")));
        Assert.Equal("wait 60", await TryAsync(new Credential.Bearer("old"), IPAddress.Parse("2001:db8::1")));
    }

    [Fact]
    public void Failures_of_many_addresses_take_no_more_memory_than_those_of_some()
    {
        for (var i = 0; i < 3 * FailureLimit.MostKeys; i++)
        {
            clock.Seconds = i / 1_000;
            limit.Count($"{i}");
        }
        Assert.InRange(limit.Keys, 1, FailureLimit.MostKeys);
    }

    [Theory]
    [InlineData("Basic dXNlcjpwYXNz", "Basic { Name = user, Password = pass }")]
    [InlineData("basic dXNlcjo6OnA=", "Basic { Name = user, Password = ::p }")]
    [InlineData("Bearer abc.def", "Bearer { Token = abc.def }")]
    [InlineData("Basic dXNlcg==", "Unreadable { }")]
    [InlineData("Basic /w==", "Unreadable { }")]
    [InlineData("Basic not base64", "Unreadable { }")]
    [InlineData("Basic", "Unreadable { }")]
    [InlineData("Digest username=x", "Unreadable { }")]
    [InlineData(",", "Unreadable { }")]
    public void Header_is_read(string header, string credential) => Assert.Equal(credential, Credential.Read(header).ToString());

    private Task<string> TryAsync(string name, string password, IPAddress? from = null) => TryAsync(new Credential.Basic(name, password), from);

    private async Task<string> TryAsync(Credential credential, IPAddress? from = null) => await doorkeeper.AdmitAsync(credential, from ?? Here, "request", TestContext.Current.CancellationToken) switch
    {
        Admission.Admitted admitted => admitted.User.Name,
        Admission.TooMany tooMany => $"wait {tooMany.Wait.TotalSeconds:0}",
        _ => "refused",
    };

    private sealed class HandClock : TimeProvider
    {
        public int Seconds { get; set; }
        public override long TimestampFrequency => 1;
        public override long GetTimestamp() => Seconds;
    }
}
