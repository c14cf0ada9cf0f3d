namespace ConveyorActors.Pipelines.Files;

/// <summary>
/// Bytes that are to be in gzip format are not, or end too soon. What was decompressed before was right.
/// </summary>
/// <param name="message">What is wrong, without the file's name.</param>
/// <param name="isCutShort">
/// True when the bytes end in the middle of a member, and what there is of it may be right.
/// </param>
sealed class GzipException(string message, bool isCutShort) : IOException(message)
{
    public bool IsCutShort { get; } = isCutShort;
}
