using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// A file without a name that holds all input of a command before the command starts. If this process died, a pipe
/// would be cut off, and a command cannot distinguish that from the end of its input.
/// </summary>
static class InputFile
{
    /// <summary>
    /// Calls <paramref name="write"/> with the file, and returns a handle positioned at its beginning.
    /// </summary>
    public static SafeFileHandle Create(Action<Stream> write)
    {
        var handle = Open();
        try
        {
            using (
                var stream = new FileStream(
                    new SafeFileHandle(handle.DangerousGetHandle(), ownsHandle: false),
                    FileAccess.Write,
                    bufferSize: 0
                )
            )
            {
                write(stream);
                stream.Position = 0;
            }
            if (LibC.Seek((int)handle.DangerousGetHandle(), 0, 0) != 0)
                throw LibC.CreateError("a command's input cannot be prepared");
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    static SafeFileHandle Open()
    {
        if (LibC.CreateMemoryFile("conveyor-input") is >= 0 and var fd)
            return new SafeFileHandle(fd, ownsHandle: true);
        var path = Path.GetTempFileName();
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
