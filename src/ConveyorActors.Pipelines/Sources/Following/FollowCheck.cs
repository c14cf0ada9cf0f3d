using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Sources.Following;

/// <summary>Checks whether a source can be followed.</summary>
static class FollowCheck
{
    /// <summary>
    /// Returns the reason why a source cannot be followed, and what would be right; null: it can, as far as is known
    /// before it is opened.
    /// </summary>
    public static string? Validate(string path)
    {
        if (!Libc.IsUsable)
            return $"source '{path}' cannot be followed on this system: following needs the file numbers (inodes) of Linux; leave --follow out";
        if (Descriptors.FindDescriptor(path, Descriptors.Input) is not null)
            return $"{(path == "-" ? "standard input" : $"source '{path}'")} cannot be followed: it is read until its writer closes it anyway; leave --follow out, or name a file";
        if (GzipNames.Is(path))
            return $"source '{path}' cannot be followed: a file in gzip format does not grow line by line; leave --follow out, or name the file that is written before it is compressed";
        return FileId.Find(path)?.Kind switch
        {
            null or FileKind.Regular => null,
            FileKind.Directory =>
                $"source '{path}' cannot be read: it is a directory; '{path.TrimEnd('/')}/*' names the files in it",
            FileKind.Pipe =>
                $"source '{path}' cannot be followed: a named pipe is read until its last writer closes it anyway; leave --follow out, or name a file",
            _ => $"source '{path}' cannot be followed: it is not a file; leave --follow out",
        };
    }
}
