namespace Ingestion.Contracts.Segments;

/// <summary>Druid's standard granularities, all in UTC, from fine to coarse, and the kinds that say themselves how they cut time.</summary>
public enum GranularityKind { None, Second, Minute, FiveMinute, TenMinute, FifteenMinute, ThirtyMinute, Hour, SixHour, EightHour, Day, Week, Month, Quarter, Year, All, Period, Duration }
