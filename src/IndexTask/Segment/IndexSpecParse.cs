namespace Ingestion.IndexTask.Segment;

/// <summary>An index spec as far as it could be read, and everything that is wrong with the JSON; usable only without problems.</summary>
public sealed record IndexSpecParse(IndexSpec Spec, IReadOnlyList<string> Problems);
