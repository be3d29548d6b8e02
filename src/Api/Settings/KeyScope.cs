namespace SoftmaxService.Api.Settings;

/// <summary>What a key may be used for.</summary>
[Flags]
internal enum KeyScope
{
    None = 0,
    Infer = 1,
    Admin = 2,
}

internal static class KeyScopes
{
    /// <summary>Reads a list such as <c>infer,admin</c>.</summary>
    public static bool TryParse(string text, out KeyScope scopes)
    {
        scopes = KeyScope.None;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            switch (name)
            {
                case "infer":
                    scopes |= KeyScope.Infer;
                    break;
                case "admin":
                    scopes |= KeyScope.Admin;
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
