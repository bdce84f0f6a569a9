using Ingestion.Overlord.Metadata;
using Ingestion.Support;

namespace Ingestion.Overlord.Tests.Metadata;

public sealed class AuditTrailTests(PostgresFixture postgres)
{
    private const string Emoji = "\U0001F600";

    [Fact]
    public async Task Author_and_comment_that_are_too_long_are_cut_between_characters()
    {
        await using var world = await MetadataWorld.CreateAsync(postgres);
        var trail = new AuditTrail(world.Storage, world.Transactions, TimeProvider.System);
        await WriteAsync(Long(254) + Emoji, Long(2_047) + Emoji + "!");
        await WriteAsync(Long(253) + Emoji + "!", Long(2_046) + Emoji + "!");
        await WriteAsync(Long(300), Long(3_000));
        Assert.Equal([(Long(254), Long(2_047)), (Long(253) + Emoji, Long(2_046) + Emoji), (Long(255), Long(2_048))], await world.QueryAsync<(string, string)>("SELECT author, comment FROM druid_audit ORDER BY id"));

        static string Long(int length) => new('a', length);
        Task WriteAsync(string author, string comment) => trail.WriteAsync(MetadataWorld.Epoch, AuditTrail.OfTask, "t", "it is stopped", new AuditContext { Author = author, Comment = comment }, TestContext.Current.CancellationToken);
    }
}
