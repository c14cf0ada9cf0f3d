using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>
/// Starts a shell or a program in a session of its own, with every signal at its default, and with no open descriptors except the
/// given ones.
/// </summary>
/// <remarks>
/// Safe for use by many threads. .NET's own <c>Process</c> leaves SIGPIPE ignored in its children, so that <c>yes |
/// head -n 1</c> never ends, and leaves them in the caller's process group, where they also get a terminal's Ctrl-C and
/// the signal of timeout(1).
/// </remarks>
[UnsupportedOSPlatform("windows")]
static class Spawner
{
    public const string Shell = "/bin/sh";

    static readonly nint Attributes = MakeAttributes();

    /// <summary>
    /// Handles SIGCHLD from the first start on. If this process was started with SIGCHLD ignored, the kernel would
    /// otherwise reap the commands before their exit codes are read.
    /// </summary>
    static readonly PosixSignalRegistration Children = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => { });

    /// <summary>
    /// Runs <c>sh -c</c> with these arguments after the script. Returns the process id, which is also the id of its
    /// group and session.
    /// </summary>
    /// <param name="script">The script that the shell runs.</param>
    /// <param name="arguments">The arguments $0, $1 and so on.</param>
    /// <param name="input">The descriptor that becomes its standard input.</param>
    /// <param name="output">The descriptor that becomes its standard output.</param>
    /// <param name="error">The descriptor that becomes its standard error.</param>
    /// <param name="mark">
    /// NAME=VALUE to add to its environment, which is otherwise that of this process; null: nothing is added.
    /// </param>
    /// <exception cref="IOException">The shell cannot be started.</exception>
    public static int Start(
        string script,
        IReadOnlyList<string> arguments,
        int input,
        int output,
        int error,
        string? mark
    )
    {
        var failed = Spawn(Shell, [Shell, "-c", script, .. arguments], input, output, error, mark, out var pid);
        return failed == 0 ? pid : throw LibC.CreateError($"the shell {Shell} cannot be started", failed);
    }

    /// <summary>
    /// Starts a program as <see cref="Start"/> starts the shell. Returns its process id; null if it cannot be started.
    /// </summary>
    public static int? TryStart(
        string path,
        IReadOnlyList<string> words,
        int input,
        int output,
        int error,
        string? mark
    ) => Spawn(path, words, input, output, error, mark, out var pid) == 0 ? pid : null;

    /// <summary>Starts a program. Returns 0, or the number of the system's error.</summary>
    static int Spawn(
        string path,
        IReadOnlyList<string> words,
        int input,
        int output,
        int error,
        string? mark,
        out int pid
    )
    {
        GC.KeepAlive(Children);
        var actions = Marshal.AllocHGlobal(LibC.OpaqueSize);
        var strings = new List<nint>();
        nint argv = 0,
            envp = 0;
        nint AllocateText(string text)
        {
            strings.Add(Marshal.StringToCoTaskMemUTF8(text));
            return strings[^1];
        }
        try
        {
            argv = AllocateVector([.. words.Select(AllocateText)]);
            envp = AllocateVector([.. GetInheritedEnvironment(), .. mark is null ? (nint[])[] : [AllocateText(mark)]]);
            _ = LibC.ActionsInit(actions);
            try
            {
                _ = LibC.ActionsAddDup2(actions, input, 0);
                _ = LibC.ActionsAddDup2(actions, output, 1);
                _ = LibC.ActionsAddDup2(actions, error, 2);
                return LibC.Spawn(out pid, AllocateText(path), actions, Attributes, argv, envp);
            }
            finally
            {
                _ = LibC.ActionsDestroy(actions);
            }
        }
        finally
        {
            Marshal.FreeHGlobal(actions);
            Marshal.FreeHGlobal(argv);
            Marshal.FreeHGlobal(envp);
            foreach (var text in strings)
                Marshal.FreeCoTaskMem(text);
        }
    }

    static nint MakeAttributes()
    {
        var attributes = Marshal.AllocHGlobal(LibC.OpaqueSize);
        var signals = Marshal.AllocHGlobal(LibC.OpaqueSize);
        _ = LibC.AttributesInit(attributes);
        _ = LibC.AttributesSetFlags(attributes, LibC.SpawnFlags);
        _ = LibC.SigFillSet(signals);
        _ = LibC.AttributesSetSigDefault(attributes, signals);
        _ = LibC.SigEmptySet(signals);
        _ = LibC.AttributesSetSigMask(attributes, signals);
        Marshal.FreeHGlobal(signals);
        return attributes;
    }

    /// <summary>
    /// Returns the environment of this process byte for byte, without the mark that it has if it is itself a command of
    /// another run.
    /// </summary>
    static List<nint> GetInheritedEnvironment()
    {
        List<nint> all = [];
        var prefix = Encoding.ASCII.GetBytes($"{ProcessTree.Mark}=");
        for (var at = GetEnviron(); at != 0 && Marshal.ReadIntPtr(at) is var entry and not 0; at += nint.Size)
            if (!StartsWith(entry, prefix))
                all.Add(entry);
        return all;
    }

    static nint GetEnviron()
    {
        var program = NativeLibrary.GetMainProgramHandle();
        if (NativeLibrary.TryGetExport(program, "environ", out var variable))
            return Marshal.ReadIntPtr(variable);
        return NativeLibrary.TryGetExport(program, "_NSGetEnviron", out _) ? Marshal.ReadIntPtr(GetMacEnviron()) : 0;
    }

    static bool StartsWith(nint text, byte[] prefix)
    {
        for (var i = 0; i < prefix.Length; i++)
            if (Marshal.ReadByte(text, i) != prefix[i])
                return false;
        return true;
    }

    static nint AllocateVector(ReadOnlySpan<nint> entries)
    {
        var vector = Marshal.AllocHGlobal((entries.Length + 1) * nint.Size);
        for (var i = 0; i < entries.Length; i++)
            Marshal.WriteIntPtr(vector, i * nint.Size, entries[i]);
        Marshal.WriteIntPtr(vector, entries.Length * nint.Size, 0);
        return vector;
    }

    [DllImport("libc", EntryPoint = "_NSGetEnviron")]
    static extern nint GetMacEnviron();
}
