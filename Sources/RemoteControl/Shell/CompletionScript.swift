/// The scripts that shells load to complete command lines of roostctl.
///
/// They hold no names: they ask `roostctl --complete`, which asks the server, so a script that was
/// installed once stays right.
enum CompletionScript {
    /// The shells there are scripts for.
    static let shells = ["bash", "fish", "zsh"]

    /// The script of a shell; nil for another one.
    static func text(_ shell: String) -> String? {
        switch shell {
        case "bash": bash
        case "fish": fish
        case "zsh": zsh
        default: nil
        }
    }

    /// bash: a colon ends a word for it, so what stands before the last one is taken off again.
    private static let bash = """
        # Completion of roostctl for bash: source this, or install it as
        # /usr/share/bash-completion/completions/roostctl.
        _roostctl() {
            local line=${COMP_LINE:0:COMP_POINT} words current prefix candidate
            read -r -a words <<<"$line"
            [[ $line != *[[:space:]] ]] || words+=("")
            current=${words[${#words[@]}-1]}
            prefix=${current%"${current##*[:=]}"}
            COMPREPLY=()
            while IFS= read -r candidate; do
                if [[ $candidate == :files ]]; then
                    compopt -o filenames 2>/dev/null
                    mapfile -t COMPREPLY < <(compgen -f -- "$current")
                    return
                fi
                COMPREPLY+=("${candidate#"$prefix"}")
            done < <(roostctl --complete "${words[@]:1}" 2>/dev/null)
        }
        complete -F _roostctl roostctl

        """

    /// zsh: the same file is loaded from a folder of functions, or sourced.
    private static let zsh = """
        #compdef roostctl
        # Completion of roostctl for zsh: source this, or install it as _roostctl in a folder
        # of $fpath.
        _roostctl() {
            local -a candidates
            candidates=("${(@f)$(roostctl --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            if [[ ${candidates[1]} == :files ]]; then
                _files
            elif [[ -n ${candidates[1]} ]]; then
                compadd -a candidates
            fi
        }
        if [[ ${funcstack[1]} == _roostctl ]]; then
            _roostctl "$@"
        else
            compdef _roostctl roostctl
        fi

        """

    /// fish: files are offered only where they are asked for.
    private static let fish = """
        # Completion of roostctl for fish: source this, or install it as
        # /usr/share/fish/vendor_completions.d/roostctl.fish.
        function __roostctl_candidates
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l candidates (roostctl --complete $words[2..] "$current" 2>/dev/null)
            if test "$candidates[1]" = :files
                __fish_complete_path "$current"
            else
                printf '%s\\n' $candidates
            end
        end
        complete -c roostctl -f -a '(__roostctl_candidates)'

        """
}
