using Ingestion.Support;

[assembly: AssemblyFixture(typeof(PostgresFixture))]
