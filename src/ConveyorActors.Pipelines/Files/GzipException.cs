namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// The exception for gzip data that is damaged or ends too soon. The bytes decompressed before are right.
/// </summary>
/// <param name="message">The problem, without the file's name.</param>
/// <param name="isCutShort">Whether the data ends in the middle of a member, whose present bytes may be right.</param>
sealed class GzipException(string message, bool isCutShort) : IOException(message)
{
    public bool IsCutShort { get; } = isCutShort;
}
