using System.Data.Common;
using Ingestion.Contracts.Settings;

namespace Ingestion.Supervisor.Tests.Contracts;

public sealed class MetadataUrlTests
{
    [Theory]
    [InlineData("postgresql://druid:secret@db:6432/druid?sslmode=verify-full", "Host=db;Port=6432;Database=druid;Username=druid;Password=secret;SSL Mode=VerifyFull")]
    [InlineData("postgres://db/druid", "Host=db;Port=5432;Database=druid")]
    [InlineData("jdbc:postgresql://db:5432/druid?user=u&password=p&connectTimeout=7", "Host=db;Port=5432;Database=druid;Username=u;Password=p;Timeout=7")]
    [InlineData("postgresql://u@[::1]:5433/druid", "Host=::1;Port=5433;Database=druid;Username=u")]
    [InlineData("postgresql://u@localhost/druid?host=%2Fvar%2Frun%2Fpostgresql", "Host=/var/run/postgresql;Port=5432;Database=druid;Username=u")]
    [InlineData("postgresql:///druid?host=/run/pg", "Host=/run/pg;Port=5432;Database=druid")]
    public void Url_becomes_a_connection_string(string url, string expected) => Assert.Equal(expected, MetadataUrl.ToConnectionString(url));

    [Theory]
    [InlineData("se;cret")]
    [InlineData("a=b")]
    [InlineData("\"quoted\"")]
    [InlineData("it's \"both\"; really")]
    [InlineData(" spaces ")]
    [InlineData("p@ss:w/rd?&%")]
    public void Any_password_survives(string password)
    {
        var settings = new DbConnectionStringBuilder { ConnectionString = MetadataUrl.ToConnectionString($"postgresql://druid:{Uri.EscapeDataString(password)}@db/druid") };
        Assert.Equal(password, settings["Password"]);
    }

    [Theory]
    [InlineData("Host=db;Database=druid")]
    [InlineData("Host=db;Password=a://b")]
    public void Connection_string_is_left_as_it_is(string text) => Assert.Equal(text, MetadataUrl.ToConnectionString(text));

    [Theory]
    [InlineData("mysql://u:secret@db/druid", "the metadata database is not given as a PostgreSQL URL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE is expected")]
    [InlineData("postgresql://u:secret@db:port/druid", "the metadata database is not given as a PostgreSQL URL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE is expected")]
    [InlineData("postgresql://u:secret@db", "the metadata URL names no database: postgresql://USER:PASSWORD@HOST:PORT/DATABASE is expected")]
    [InlineData("postgresql:///druid", "the metadata URL names no host: postgresql://USER:PASSWORD@HOST:PORT/DATABASE is expected")]
    [InlineData("postgresql://u:secret@db/druid?sslmode=yes", "sslmode of the metadata URL is [yes], not disable, allow, prefer, require, verify-ca or verify-full")]
    [InlineData("postgresql://u:secret@db/druid?connect_timeout=soon", "connect_timeout of the metadata URL is [soon], not a number of seconds")]
    [InlineData("postgresql://u:secret@db/druid?target=any", "the parameter [target] of the metadata URL is not known: user, password, host, sslmode and connect_timeout are")]
    public void Bad_url_is_refused_in_words_that_keep_the_password(string url, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => MetadataUrl.ToConnectionString(url)).Message);
}
